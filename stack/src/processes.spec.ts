import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { commandLineHas, end, hasEnded, identify, isAlive, parentOf, processorMs } from './processes.js';

const children: ChildProcess[] = [];

async function sleeper(...args: string[]) {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); process.stdout.write("up")', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return { pid: Number(child.pid), kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

describe('a process record', () => {
  it('recognises the process it was made of, and its end', async () => {
    const child = await sleeper();
    const record = identify(child.pid);
    expect(isAlive(record)).toBe(true);
    child.kill('SIGKILL');
    expect(await hasEnded(record, 5_000)).toBe(true);
    expect(identify(child.pid)).toBeUndefined();
  });

  it('does not take another process with the same pid for it', async () => {
    const child = await sleeper();
    const earlier = { pid: child.pid, startedAt: 'another time' };
    expect(isAlive(earlier)).toBe(false);
    await end(earlier, { signal: 'SIGKILL' });
    expect(isAlive(identify(child.pid))).toBe(true);
  });

  it('is undefined for a pid that nobody has', () => {
    expect(identify(0)).toBeUndefined();
    expect(isAlive(undefined)).toBe(false);
  });
});

describe('ending', () => {
  it('ends what ignores SIGTERM after its time is up', async () => {
    const child = spawn(
      process.execPath,
      ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); process.stdout.write("up")'],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    children.push(child);
    await once(child.stdout, 'data');
    const record = identify(child.pid);
    await end(record, { graceMs: 200 });
    expect(isAlive(record)).toBe(false);
  });
});

it('sees on a command line whose process it is', async () => {
  const child = await sleeper('/some/home/of/ours');
  expect(commandLineHas(child.pid, '/some/home/of/ours')).toBe(true);
  expect(commandLineHas(child.pid, '/some/other/home')).toBe(false);
  expect(parentOf(child.pid)).toBe(process.pid);
});

it('reads what this very process has used', { skip: process.platform !== 'linux' }, () => {
  const used = (): number => Number(processorMs(process.pid));
  const before = used();
  for (const until = before + 50; used() < until;);
  expect(used()).toBeGreaterThanOrEqual(before + 50);
  expect(processorMs(undefined)).toBeUndefined();
});
