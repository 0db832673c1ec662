import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Failure } from '../failure.js';
import { StateDirectory } from '../state-directory.js';
import { tryLock } from '../lock.js';
import { serveRestartRequests, requestRestart } from './restarts.js';

let stateDirectory: StateDirectory;
let end = () => {};
beforeEach(() => (stateDirectory = new StateDirectory(mkdtempSync(path.join(tmpdir(), 'restarts-')))));
afterEach(() => {
  end();
  rmSync(stateDirectory.dir, { recursive: true });
});

function running(restart: (service: string, env?: NodeJS.ProcessEnv) => Promise<void>): void {
  tryLock(stateDirectory.path('running.lock'));
  end = serveRestartRequests(stateDirectory, restart, () => {});
}

it('restarts the services that are asked for, in turn, and returns when they are ready', async () => {
  const restarted: string[] = [];
  running(async (service) => void restarted.push(service));
  await requestRestart(stateDirectory, ['orders', 'payments']);
  await requestRestart(stateDirectory, ['orders']);
  expect(restarted).toEqual(['orders', 'payments', 'orders']);
});

it('notices a request when it is written, not at the next look of its timer', async () => {
  running(async () => {});
  const begun = performance.now();
  for (let n = 0; n < 5; n++) await requestRestart(stateDirectory, ['orders']);
  expect(performance.now() - begun).toBeLessThan(6_000); // by the timer: at least 8 s
});

it('restarts services with the variables of the request', async () => {
  const given: unknown[] = [];
  running(async (_, env) => void given.push(env));
  await requestRestart(stateDirectory, ['orders'], { LOG_LEVEL: 'debug' });
  await requestRestart(stateDirectory, ['orders']);
  expect(given).toEqual([{ LOG_LEVEL: 'debug' }, undefined]);
});

it('passes on why a service does not start', async () => {
  running(() => Promise.reject(new Failure('orders does not start', 'Its log: x', 'last words')));
  await expect(requestRestart(stateDirectory, ['orders'])).rejects.toMatchObject({
    message: 'orders does not start',
    fix: 'Its log: x',
    output: 'last words',
  });
});

it('says that nothing runs', async () => {
  await expect(requestRestart(stateDirectory, ['orders'])).rejects.toThrow('no `npm start` is running');
});
