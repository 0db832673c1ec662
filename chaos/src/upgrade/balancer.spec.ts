import { once } from 'node:events';
import { Agent, createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '@sluice/testing';
import { Balancer, type Backend } from './balancer.js';

/** A gateway in miniature: answers its name, and is ready or not. */
class Process {
  ready = true;
  readonly #servers: Server[] = [];
  backend: Backend = { port: 0, healthPort: 0 };

  constructor(private readonly name: string) {}

  async start(): Promise<this> {
    this.backend = {
      port: await this.#listen(() => ({ status: 200, body: this.name })),
      healthPort: await this.#listen(() => ({ status: this.ready ? 200 : 503, body: '' })),
    };
    return this;
  }

  async #listen(answer: () => { status: number; body: string }): Promise<number> {
    const server = createServer((_, response) => {
      const { status, body } = answer();
      response.writeHead(status).end(body);
    });
    this.#servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  stop(): void {
    for (const server of this.#servers) server.close().closeAllConnections();
  }
}

let [one, other]: Process[] = [];
let balancer: Balancer;
const agents: Agent[] = [];

beforeEach(async () => {
  [one, other] = await Promise.all([new Process('one').start(), new Process('other').start()]);
  balancer = await Balancer.before(() => [one!.backend, other!.backend]);
  await eventually(() => expect(balancer.ready).toHaveLength(2));
});
afterEach(async () => {
  for (const agent of agents.splice(0)) agent.destroy();
  await balancer.close();
  for (const process of [one, other]) process?.stop();
});

/** @param agent whose connection it is; without one, a new connection */
function ask(agent: Agent | false = false): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ port: balancer.port, host: '127.0.0.1', agent }, (response) => {
      resolve(text(response));
    }).on('error', reject);
  });
}

const connection = (): Agent => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agents.push(agent);
  return agent;
};

it('gives new connections to the ready processes in turn', async () => {
  const answers = [await ask(), await ask(), await ask(), await ask()];
  expect(answers.toSorted()).toEqual(['one', 'one', 'other', 'other']);
});

it('gives no new connection to a process that is about to stop, and leaves it those that it has', async () => {
  const kept = [connection(), connection()];
  const before = [await ask(kept[0]), await ask(kept[1])];
  other!.ready = false;
  await eventually(() => expect(balancer.ready).toEqual([one!.backend.port]));
  expect([await ask(), await ask()]).toEqual(['one', 'one']);
  expect([await ask(kept[0]), await ask(kept[1])]).toEqual(before);
  expect(before.toSorted()).toEqual(['one', 'other']);
});

it('resets a connection while no process is ready', async () => {
  one!.ready = other!.ready = false;
  await eventually(() => expect(balancer.ready).toEqual([]));
  await expect(ask()).rejects.toMatchObject({ code: 'ECONNRESET' });
});
