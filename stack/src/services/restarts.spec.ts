// @ts-nocheck
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Failure } from '../failure.js';
import { Home } from '../home.js';
import { tryLock } from '../lock.js';
import { answerRestarts, askRestart } from './restarts.js';

let home;
let end = () => {};
beforeEach(() => (home = new Home(mkdtempSync(path.join(tmpdir(), 'restarts-')))));
afterEach(() => {
  end();
  rmSync(home.dir, { recursive: true });
});

function running(restart) {
  tryLock(home.path('running.lock'));
  end = answerRestarts(home, restart, () => {});
}

it('restarts the services that are asked for, in turn, and returns when they are ready', async () => {
  const restarted = [];
  running(async (service) => void restarted.push(service));
  await askRestart(home, ['orders', 'payments']);
  await askRestart(home, ['orders']);
  expect(restarted).toEqual(['orders', 'payments', 'orders']);
});

it('passes on why a service does not start', async () => {
  running(() => Promise.reject(new Failure('orders does not start', 'Its log: x', 'last words')));
  await expect(askRestart(home, ['orders'])).rejects.toMatchObject({
    message: 'orders does not start',
    fix: 'Its log: x',
    output: 'last words',
  });
});

it('says that nothing runs', async () => {
  await expect(askRestart(home, ['orders'])).rejects.toThrow('no `npm start` is running');
});
