import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { freePort } from '../ports.js';
import { isAlive } from '../processes.js';
import { ServiceProcess, type ServiceProcessOptions } from './process.js';

const READY = `require('node:http').createServer((_, answer) => answer.end()).listen(process.env.HEALTH_PORT, '127.0.0.1');`;

let folder: string;
let service: ServiceProcess;
let said: string[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'service-'));
  said = [];
});
afterEach(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

async function start(source: string, options: Partial<ServiceProcessOptions> = {}): Promise<void> {
  const program = path.join(folder, 'main.cjs');
  writeFileSync(program, source);
  const healthPort = await freePort();
  const env = { PATH: process.env.PATH, HEALTH_PORT: String(healthPort) };
  const silent = { onLine: () => {}, onChange: () => {}, printLine: (line: string) => void said.push(line) };
  service = new ServiceProcess({
    service: 'orders',
    program,
    env,
    healthPort,
    logFile: path.join(folder, 'orders.log'),
    ...silent,
    ...options,
  });
  service.start();
}

it('starts a service again that was killed', async () => {
  await start(READY);
  await service.ready(10_000);
  const pid = service.record?.pid;
  process.kill(Number(pid), 'SIGKILL');
  await vi.waitFor(() => expect(service.record?.pid).not.toBe(pid), 10_000);
  await service.ready(10_000);
  expect([said, service.deaths]).toEqual([['orders ended (SIGKILL); starting it again'], 1]);
});

it('tells who waits for a service that it dies at every boot, with its last words, and tries on for ever, more and more slowly', async () => {
  await start(`console.error('the broker is not there'); process.exit(3);`, { pauseMs: { first: 1, most: 64 } });
  await expect(service.ready(60_000)).rejects.toMatchObject({
    message: 'orders does not start',
    output: expect.stringContaining('the broker is not there'),
  });
  await vi.waitFor(() => expect(said.length).toBeGreaterThan(7), 30_000);
  const pauses = said
    .slice(4, 8)
    .map((line) => /^orders ended \d times in a row \(exit code 3\); the next try is in ([\d.]+) s/.exec(line)?.[1]);
  expect(pauses).toEqual(['0.016', '0.032', '0.064', '0.064']);
  expect(said.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => 'orders ended (exit code 3); starting it again'));
});

it('starts a service in the end that died at its first ten boots', async () => {
  await start(
    `const fs = require('node:fs'); fs.appendFileSync(__filename + '.tries', 'x'); if (fs.readFileSync(__filename + '.tries').length < 11) process.exit(1); ${READY}`,
    { pauseMs: { first: 1, most: 10 } },
  );
  await vi.waitFor(() => service.ready(1_000), 60_000);
  expect(service.deaths).toBe(10);
});

it('does not wait for the next try of a service that is to stop, or to start again', async () => {
  await start(`if (process.env.BROKEN) process.exit(1); ${READY}`, { pauseMs: { first: 600_000, most: 600_000 } });
  await service.ready(10_000);
  await service.stop();
  service.env = { ...service.env, BROKEN: 'true' };
  service.start();
  await vi.waitFor(() => expect(said).toHaveLength(1), 10_000);
  await service.stop();
  service.env = { ...service.env, BROKEN: '' };
  service.start();
  await service.ready(10_000);
});

it('waits longer than a service may be idle for one that gets on', async () => {
  await start(
    `const says = setInterval(() => console.log('getting on'), 50); setTimeout(() => { clearInterval(says); ${READY} }, 2_000);`,
    { idleMs: 1_000 },
  );
  await service.ready(60_000);
});

it('gives up to wait for a service that does nothing', async () => {
  await start('setInterval(() => {}, 1_000);', { idleMs: 1_000 });
  await expect(service.ready(60_000)).rejects.toThrow(/^orders is not ready after \d s$/);
});

it('does not try again with settings that are wrong, and repeats what is wrong with them', async () => {
  await start(
    `console.error('orders: PAYMENT_WINDOW_SECONDS is not valid: must be a whole number from 1 to 10, not "abc"'); process.exit(78);`,
  );
  await expect(service.ready(60_000)).rejects.toMatchObject({
    message: 'the settings of orders are wrong',
    fix: expect.stringContaining('not "abc"'),
  });
  await service.ended;
  expect(said).toEqual([expect.stringMatching(/not "abc"\norders is not started again before that is mended/)]);
});

it('starts again after it was stopped, with the variables of then', async () => {
  await start(`if (process.env.BROKEN) process.exit(1); ${READY}`);
  await service.ready(10_000);
  await service.stop();
  service.start();
  await service.ready(10_000);
  await service.stop();
  service.env = { ...service.env, BROKEN: 'true' };
  service.start();
  await expect(service.ready(60_000)).rejects.toMatchObject({ message: 'orders does not start' });
});

it('hears what the process says over the pipe between them, and answers it, until it has ended', async () => {
  let answer: ((text: object) => boolean) | undefined;
  const heard: unknown[] = [];
  await start(`process.send('ready'); process.on('message', (text) => process.send(text)); ${READY}`, {
    onMessage: (message, send) => {
      heard.push(message);
      answer ??= send;
    },
  });
  await vi.waitFor(() => expect(heard).toEqual(['ready']), 10_000);
  expect(answer!({ echo: 1 })).toBe(true);
  await vi.waitFor(() => expect(heard).toEqual(['ready', { echo: 1 }]), 10_000);
  await service.stop();
  expect(answer!({ echo: 2 })).toBe(false);
});

it('leaves nothing running when it is stopped', async () => {
  await start(READY);
  await service.ready(10_000);
  const { record } = service;
  await service.stop();
  expect(isAlive(record)).toBe(false);
  expect([said, service.deaths]).toEqual([[], 0]);
});
