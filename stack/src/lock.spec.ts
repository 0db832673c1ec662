import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { holderOf, tryLock, withLock } from './lock.js';
import { identify } from './processes.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lock-'));
  file = path.join(folder, 'a.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('lets one in and tells the other who it is', () => {
  const release = tryLock(file, { url: 'http://localhost:8080' });
  expect(release).toBeTypeOf('function');
  expect(tryLock(file)).toBeUndefined();
  expect(holderOf(file)).toMatchObject({ pid: process.pid, url: 'http://localhost:8080' });
  release?.();
  expect(holderOf(file)).toBeUndefined();
  expect(tryLock(file)).toBeTypeOf('function');
});

it('is released by the death of its holder', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  writeFileSync(file, JSON.stringify(identify(child.pid)));
  expect(tryLock(file)).toBeUndefined();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(tryLock(file)).toBeTypeOf('function');
});

it('does one thing after the other', async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inside--;
  };
  await Promise.all([withLock(file, work), withLock(file, work), withLock(file, work)]);
  expect(most).toBe(1);
});

it('is released when the work fails', async () => {
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(holderOf(file)).toBeUndefined();
});
