import { run, type System } from '@sluice/testing';

/** What a program of `tools/` said, and how it ended. */
export interface CommandResult {
  code: number | null;
  output: string;
}

/** Runs a program of `tools/` as the operator of this system does. */
export async function operate(
  { broker, databases }: System,
  tool: 'audit' | 'dead-letters',
  ...args: string[]
): Promise<CommandResult> {
  const urls = Object.entries(databases).map(([service, { url }]) => [
    `DATABASE_URL_${service.replaceAll('-', '_').toUpperCase()}`,
    url,
  ]);
  const program = run(
    `tools/${tool}.mjs`,
    { AMQP_URL: broker.url, AMQP_MANAGEMENT_URL: broker.management.url, ...Object.fromEntries(urls) },
    args,
  );
  return { code: await program.exitCode, output: program.output() };
}
