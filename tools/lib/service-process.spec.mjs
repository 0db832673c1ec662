import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { freePort } from './ports.mjs';
import { isAlive } from './processes.mjs';
import { ServiceProcess } from './service-process.mjs';

const READY = `require('node:http').createServer((_, answer) => answer.end()).listen(process.env.HEALTH_PORT, '127.0.0.1');`;

let folder;
let service;
let said;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'service-'));
  said = [];
});
afterEach(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

async function start(source) {
  const program = path.join(folder, 'main.cjs');
  writeFileSync(program, source);
  const healthPort = await freePort();
  const env = { PATH: process.env.PATH, HEALTH_PORT: String(healthPort) };
  const silent = { onLine: () => {}, onChange: () => {}, say: (line) => said.push(line) };
  service = new ServiceProcess({ service: 'orders', program, env, healthPort, logFile: path.join(folder, 'orders.log'), ...silent });
  service.start();
}

it('starts a service again that was killed', async () => {
  await start(READY);
  await service.ready(10_000);
  const { pid } = service.record;
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => expect(service.record.pid).not.toBe(pid), 10_000);
  await service.ready(10_000);
  expect([said, service.deaths]).toEqual([['orders ended (SIGKILL); starting it again'], 1]);
});

it('gives a service up that dies at every boot, and shows its last words', async () => {
  await start(`console.error('AMQP_URL is not set'); process.exit(3);`);
  await expect(service.ready(60_000)).rejects.toMatchObject({ message: 'orders does not start', output: expect.stringContaining('AMQP_URL is not set') });
  expect(said).toHaveLength(5);
  expect(said.at(-1)).toMatch(/^orders ended 5 times in a row \(exit code 3\)/);
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

it('leaves nothing running when it is stopped', async () => {
  await start(READY);
  await service.ready(10_000);
  const { record } = service;
  await service.stop();
  expect(isAlive(record)).toBe(false);
  expect([said, service.deaths]).toEqual([[], 0]);
});
