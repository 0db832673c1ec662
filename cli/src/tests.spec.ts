import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tryLock } from '@sluice/stack/lock';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sharedServers } from './tests.js';

const SERVERS = {
  DATABASE_URL: 'postgresql://127.0.0.1:1/postgres',
  AMQP_URL: 'amqp://127.0.0.1:2/sluice',
  AMQP_MANAGEMENT_URL: 'http://127.0.0.1:3',
};
let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'shared-'));
  lock = path.join(folder, 'servers.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('uses the servers of a watch as long as it runs', () => {
  const end = tryLock(lock, SERVERS);
  expect(sharedServers(lock, {})).toEqual(SERVERS);
  end?.();
  expect(sharedServers(lock, {})).toBeUndefined();
});

it('uses no servers of a watch that was killed', () => {
  writeFileSync(lock, JSON.stringify({ pid: process.pid, startedAt: 'another boot', ...SERVERS }));
  expect(sharedServers(lock, {})).toBeUndefined();
});

it.each(['DATABASE_URL', 'AMQP_URL'])('uses those that %s names instead', (name) => {
  tryLock(lock, SERVERS);
  expect(sharedServers(lock, { [name]: 'given' })).toBeUndefined();
});
