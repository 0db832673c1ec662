import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseCommandLine } from '@sluice/stack/command-line';
import { runCommandLine } from '@sluice/stack/testing/command';
import { inRoot } from '@sluice/stack/workspace';
import { COMMANDS } from './commands.js';
import { command as tail } from './commands/tail.js';

const { scripts } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8')) as { scripts: Record<string, string> };
/** By npm script: the command that it runs. */
const commands = new Map(
  Object.entries(scripts).flatMap(([name, script]): [string, string][] => {
    const command = /node start\.mjs ([\w:-]+)$/.exec(script)?.[1];
    return command === undefined ? [] : [[name, command]];
  }),
);
const commandOf = (name: string): string => commands.get(name) ?? `no npm script ${name}`;
/** Arguments of these would reach k6, or prisma, which refuse unknown ones. */
const PASSED_ON = ['load', 'prisma'];

let stateDirectory: string;
beforeEach(() => {
  stateDirectory = mkdtempSync(path.join(tmpdir(), 'usage-'));
  writeFileSync(path.join(stateDirectory, 'kept.json'), '{}');
});
afterEach(() => rmSync(stateDirectory, { recursive: true }));

const run = (command: string, ...args: string[]) => runCommandLine(stateDirectory, [command, ...args]);

/** npm test ends with the counts, always. */
const stdoutOf = (name: string) => (name === 'test' ? '0 passed, 1 failed\n' : '');

/** Neither a lock nor a log nor a password was made, and nothing was removed. */
const untouched = () => expect(readdirSync(stateDirectory)).toEqual(['kept.json']);

describe.each([...commands])('npm run %s', (name, command) => {
  it('says how it is used with --help, and does nothing', async () => {
    const { code, stdout, stderr } = await run(command, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^npm (run )?(--silent )?${name}\\b`));
    untouched();
  });

  it('refuses what it does not know, and does nothing', { skip: PASSED_ON.includes(name) }, async () => {
    const { code, stdout, stderr } = await run(command, '--no-such-option');
    expect({ code, stdout }).toEqual({ code: 1, stdout: stdoutOf(name) });
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

it.each([
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
  ['new', 'service'],
  ['new', 'controller', 'loyalty'],
  ['new', 'consumer', 'loyalty'],
  ['new', 'service', 'orders'],
  ['new', 'event', 'order'],
  ['restart'],
  ['dev', 'no-such-service'],
  ['dev', '--inspect', 'orders:99999'],
  ['dev', 'payments', '--inspect', 'orders'],
  ['dead-letters', 'redrive'],
  ['prisma', 'no-such-service'],
])('npm run %s -- %s is refused before anything is built', async (name, ...args: string[]) => {
  const { code, stdout, stderr } = await run(commandOf(name), ...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: stdoutOf(name) });
  expect(stderr).not.toContain('not foreseen');
  untouched();
});

it('npm run dev -- orders needs a system that runs', async () => {
  expect(await run('dev', 'orders')).toEqual({
    code: 1,
    stdout: '',
    stderr: `✗ no \`npm start\` is running in ${stateDirectory}\n  Start one (npm start).\n`,
  });
  untouched();
});

it('has every command of package.json in its table, and no other', () => {
  expect([...commands.values()].sort()).toEqual(Object.keys(COMMANDS).sort());
});

it('takes options behind words, and words behind options', () => {
  expect(parseCommandLine(tail, ['order.*', '--json', 'parcel.#'])).toMatchObject({
    words: ['order.*', 'parcel.#'],
    values: { json: true },
  });
});
