import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { followLog } from './follow-log.js';

let folder: string;
let log: string;
let lines: string[];
let end: () => void;
const shows = (...expected: string[]) => vi.waitFor(() => expect(lines).toEqual(expected), { timeout: 10_000 });

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'follow-'));
  log = path.join(folder, 'orders.log');
  lines = [];
});
afterEach(() => {
  end();
  rmSync(folder, { recursive: true });
});

it('passes on whole lines that are appended, and none of before', async () => {
  writeFileSync(log, 'before\n');
  end = followLog(log, (line) => void lines.push(line));
  appendFileSync(log, 'one\ntw');
  await shows('one');
  appendFileSync(log, 'ö\n');
  await shows('one', 'twö');
});

it('begins anew after the rotation, and with a log that is not there yet', async () => {
  end = followLog(log, (line) => void lines.push(line));
  writeFileSync(log, 'a long first line\n');
  await shows('a long first line');
  renameSync(log, `${log}.1`);
  writeFileSync(log, 'two\n');
  await shows('a long first line', 'two');
});

it('passes on what was written last when it ends', () => {
  writeFileSync(log, '');
  end = followLog(log, (line) => void lines.push(line));
  appendFileSync(log, 'last\n');
  end();
  expect(lines).toEqual(['last']);
});
