import { run, type System } from '@sluice/testing';

/** What a command said, and how it ended. */
export interface CommandResult {
  code: number | null;
  output: string;
}

/** Runs a command as the operator of this system does. */
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
    'start.mjs',
    { AMQP_URL: broker.url, AMQP_MANAGEMENT_URL: broker.management.url, ...Object.fromEntries(urls) },
    [tool, ...args],
  );
  return { code: await program.exitCode, output: program.output() };
}
