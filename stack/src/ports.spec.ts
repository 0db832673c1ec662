import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { freePort as freePortOfTests } from '@sluice/testing';
import { accepts, freePort, freePorts, isFree } from './ports.js';
import { inRoot } from './workspace.js';

const servers: Server[] = [];

async function listen(port: number): Promise<void> {
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

/** Chooses, says what, and lives on: nobody listens anywhere yet. */
const CHOOSING = `
  const { freePort } = await import('${inRoot('stack/dist/ports.js')}');
  for (let n = 0; n < 250; n++) console.log(await freePort());
  console.log('chosen');
  process.stdin.resume();`;

it('never gives one port to two processes of a machine, be it tools or tests, before anybody listens there', async () => {
  const children = Array.from({ length: 3 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', CHOOSING], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  const chosen = children.map(async ({ stdout }) => {
    let text = '';
    for await (const chunk of stdout)
      if ((text += String(chunk)).includes('chosen'))
        return text
          .split('\n')
          .map(Number)
          .filter((port) => port > 0);
    return [];
  });
  const ours: number[] = [];
  for (let n = 0; n < 250; n++) ours.push(await freePortOfTests());
  const all = [...ours, ...(await Promise.all(chosen)).flat()];
  children.forEach((child) => child.stdin.end());
  await Promise.all(children.map((child) => once(child, 'exit')));
  expect(all).toHaveLength(1_000);
  expect(new Set(all).size).toBe(1_000);
});
