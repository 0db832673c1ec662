import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommandLine } from './testing/command.js';
import { COMMANDS, understood } from './usage.js';
import { inRoot } from './workspace.js';

const { scripts } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8')) as { scripts: Record<string, string> };
const commands = Object.entries(scripts).flatMap(([name, script]) => {
  const command = /node start\.mjs ([\w:-]+)$/.exec(script)?.[1];
  return command ? [{ name, command }] : [];
});
const commandOf = (script: string): string => commands.find(({ name }) => name === script)?.command ?? '';
/** It would reach k6, or prisma, which refuse what they do not know. */
const PASSED_ON = ['load', 'prisma'];

let stateDirectory: string;
beforeEach(() => {
  stateDirectory = mkdtempSync(path.join(tmpdir(), 'usage-'));
  writeFileSync(path.join(stateDirectory, 'kept.json'), '{}');
});
afterEach(() => rmSync(stateDirectory, { recursive: true }));

const run = (command: string, ...args: string[]) => runCommandLine(stateDirectory, [command, ...args]);

/** npm test ends with the counts, always. */
const saidBy = (name: string) => (name === 'test' ? '0 passed, 1 failed\n' : '');

/** Neither a lock nor a log nor a password was made, and nothing was removed. */
const untouched = () => expect(readdirSync(stateDirectory)).toEqual(['kept.json']);

describe.each(commands)('npm run $name', ({ name, command }) => {
  it('says how it is used with --help, and does nothing', async () => {
    const { code, stdout, stderr } = await run(command, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^npm (run )?(--silent )?${name}\\b`));
    untouched();
  });

  it('refuses what it does not know, and does nothing', { skip: PASSED_ON.includes(name) }, async () => {
    const { code, stdout, stderr } = await run(command, '--no-such-option');
    expect({ code, stdout }).toEqual({ code: 1, stdout: saidBy(name) });
    expect(stderr).toContain('--no-such-option');
    expect(stderr).not.toContain('not foreseen');
    untouched();
  });
});

it.each(['build', 'start', 'stop', 'reset', 'audit', 'typecheck', 'contracts:publish'])(
  'npm run %s refuses a word too many',
  async (name) => {
    const { code, stdout } = await run(commandOf(name), 'nonsense');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    untouched();
  },
);

it('npm run reset removes nothing without --yes where nobody can be asked', async () => {
  const { code, stderr } = await run('reset');
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('npm run reset -- --yes') });
  untouched();
  expect(await run('reset', '--yes')).toMatchObject({ code: 0 });
  expect(() => readdirSync(stateDirectory)).toThrow('ENOENT');
  writeFileSync(stateDirectory, ''); // for the end of the test
});

it.each<[string, ...string[]]>([
  ['topology', 'listen'],
  ['topology', '--prune', 'x'],
  ['topology', 'switch'],
  ['topology', 'lsiten', 'audit', 'x.*'],
  ['load', 'no-such-script'],
  ['bench', 'no-such-bench'],
  ['migrate', 'destroy'],
  ['migrate', 'create', 'orders'],
  ['mutate', 'no/such/file'],
  ['test', 'no/such/file'],
  ['trace', 'maybe'],
  ['restart'],
  ['dead-letters', 'redrive'],
  ['prisma', 'no-such-service'],
])('npm run %s -- %s is refused before anything is built', async (name, ...args) => {
  const { code, stdout, stderr } = await run(commandOf(name), ...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: saidBy(name) });
  expect(stderr).not.toContain('not foreseen');
  untouched();
});

it('lists a usage for every command that is not documented elsewhere', () => {
  expect(commands.map(({ name }) => name).filter((name) => !(name in COMMANDS) && name !== 'chaos')).toEqual([]);
});

it('takes options behind words, and words behind options', () => {
  expect(understood(COMMANDS.tail, ['order.*', '--json', 'parcel.#'])).toMatchObject({
    words: ['order.*', 'parcel.#'],
    values: { json: true },
  });
});
