import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { accepts, freePort, freePorts, isFree } from './ports.mjs';

const servers = [];

async function listen(port) {
  const server = createServer().listen(port, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
}

afterEach(() => servers.splice(0).forEach((server) => server.close()));

it('keeps the port of the last time when it is free', async () => {
  const ports = await freePorts(['amqp', 'management']);
  expect(await freePorts(['amqp', 'management'], ports)).toEqual(ports);
});

it('takes another port when somebody has the preferred one', async () => {
  const port = await freePort();
  await listen(port);
  expect(await isFree(port)).toBe(false);
  expect(await accepts(port)).toBe(true);
  expect((await freePorts(['amqp'], { amqp: port })).amqp).not.toBe(port);
});

it('never gives one port for two purposes', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
  expect(new Set(ports).size).toBe(20);
});
