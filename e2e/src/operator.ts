import { run, type System } from '@sluice/testing';

/** Compiled before the tests: start.mjs would compile again, and print a line of its own on a busy machine. */
const COMMANDS = 'cli/dist/main.js';

/** What a command printed, and how it ended. */
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
    COMMANDS,
    { AMQP_URL: broker.url, AMQP_MANAGEMENT_URL: broker.management.url, ...Object.fromEntries(urls) },
    [tool, ...args],
  );
  return { code: await program.exitCode, output: program.output() };
}
