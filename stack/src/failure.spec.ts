import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { explainEnvironmentError } from './environment-errors.js';
import { freePort } from './ports.js';
import { runCommandLine } from './testing/command.js';

let stateDirectory: string;
beforeEach(() => (stateDirectory = mkdtempSync(path.join(tmpdir(), 'failure-'))));
afterEach(() => rmSync(stateDirectory, { recursive: true }));

it.each<[string, string[], string]>([
  ['start', [], 'DATABASE_URL'],
  ['migrate', ['status'], 'DATABASE_URL'],
  ['audit', [], 'DATABASE_URL'],
  ['start', [], 'AMQP_URL'],
  ['tail', [], 'AMQP_URL'],
  ['topology', [], 'AMQP_MANAGEMENT_URL'],
  ['test', ['cli/src/dead-letters.spec.ts'], 'AMQP_URL'],
])('npm run %s %j names %s when it is no address, starts nothing and does not show it', async (tool, args, name) => {
  const { code, stderr } = await runCommandLine(stateDirectory, [tool, ...args], {
    AMQP_URL: name === 'AMQP_MANAGEMENT_URL' ? 'amqp://127.0.0.1' : '',
    [name]: 'nonsense-hunter2',
  });
  expect(code).toBe(1);
  expect(stderr).toContain(`${name} is no address of that kind`);
  expect(stderr).not.toMatch(/not foreseen|hunter2/);
});

it.each<[string, string[]]>([
  ['tail', []],
  ['dead-letters', ['list']],
  ['trace', ['on']],
])('npm run %s says that nothing listens at a closed port, with what to check', async (tool, args) => {
  const port = await freePort();
  const { code, stderr } = await runCommandLine(stateDirectory, [tool, ...args], {
    AMQP_URL: `amqp://u:hunter2@127.0.0.1:${port}`,
    AMQP_MANAGEMENT_URL: `http://u:hunter2@127.0.0.1:${port}`,
  });
  expect(code).toBe(1);
  expect(stderr).toContain(`127.0.0.1:${port}`);
  expect(stderr).toMatch(/AMQP_(MANAGEMENT_)?URL/);
  expect(stderr).not.toMatch(/not foreseen|hunter2/);
});

it('puts into words what the network says, also inside of what fetch says', async () => {
  const port = await freePort();
  const refused = await new Promise((resolve) => connect({ port, host: '127.0.0.1' }).once('error', resolve));
  const expected = {
    message: `nothing listens at 127.0.0.1:${port} (ECONNREFUSED)`,
    fix: expect.stringContaining('AMQP_URL'),
  };
  expect(explainEnvironmentError(refused)).toEqual(expected);
  expect(explainEnvironmentError(new AggregateError([refused, refused]))).toEqual(expected);
  expect(explainEnvironmentError(await fetch(`http://127.0.0.1:${port}`).catch((error) => error))).toEqual(expected);
});

it('takes a wrong password for the broker for ordinary, and a bug for none', () => {
  expect(
    explainEnvironmentError(
      new Error(
        'Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused"',
      ),
    ),
  ).toMatchObject({ fix: expect.stringContaining('AMQP_URL') });
  expect(explainEnvironmentError(new TypeError('x is not a function'))).toBeUndefined();
  expect(explainEnvironmentError(undefined)).toBeUndefined();
});
