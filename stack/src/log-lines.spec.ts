import { closeSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openLog, prefixed, readable } from './log-lines.js';

const line = JSON.stringify({
  level: 'info',
  time: '2026-01-02T03:04:05.678Z',
  service: 'orders',
  msg: 'ready',
  correlationId: 'c-1',
  messageType: 'order.placed',
});

it('shows a JSON line as people read it', () => {
  expect(readable(line)).toBe('03:04:05.678 info ready order.placed [c-1]');
});

it('keeps the stack of an error', () => {
  expect(readable(JSON.stringify({ level: 'error', msg: 'no', stack: 'Error: no\n    at here' }))).toBe(
    'error no\nError: no\n    at here',
  );
});

it('leaves lines that are not JSON, or not ours, as they are', () => {
  expect(readable('plain text')).toBe('plain text');
  expect(readable('{broken')).toBe('{broken');
  expect(readable('{"a":1}')).toBe('{"a":1}');
});

it('says whose line it is', () => {
  expect(prefixed('orders', 'hello', false)).toBe('orders        │ hello');
});

it("keeps a server's log for its owner alone, also one that was open to others", () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'log-')), 'server.log');
  writeFileSync(file, 'of an earlier start', { mode: 0o644 });
  closeSync(openLog(file));
  expect([statSync(file).mode & 0o777, statSync(file).size]).toEqual([0o600, 0]);
  rmSync(path.dirname(file), { recursive: true });
});
