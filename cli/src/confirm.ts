import { createInterface } from 'node:readline/promises';
import { Failure } from '@sluice/stack/failure';

interface Question {
  /** What happens: `this stops the system`. */
  what: string;
  /** The command that does not ask. */
  command: string;
  /** When something else than `yes` is typed. */
  otherwise: string;
}

/** @throws {Failure} without a terminal, and unless `yes` is typed there */
export async function confirm({ what, command, otherwise }: Question): Promise<void> {
  if (!process.stdin.isTTY) throw new Failure(what, `${command} does it.`);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const reply = await terminal.question(`${what[0]?.toUpperCase()}${what.slice(1)}. Type yes to go on: `);
  terminal.close();
  if (reply.trim() !== 'yes') throw new Failure(otherwise);
}
