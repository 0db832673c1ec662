import { EventEmitter } from 'node:events';
import { testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { ANN, BOB, call, startGateway, tokenOf } from '../testing/gateway.js';
import { SupervisorChannel, type Parent } from './supervisor-channel.js';

const STATES = { services: [{ service: 'logistics', state: 'running' }] };

/** Stands for the other end of the pipe, and records what comes over it. */
class Supervisor extends EventEmitter implements Parent {
  readonly asked: unknown[] = [];

  send({ id, request }: { id?: number; request?: { service?: string } }): void {
    this.asked.push(request);
    const answer = request?.service === 'gateway' ? { refused: 'There is no such service here.' } : STATES;
    setImmediate(() => this.emit('message', { id, answer }));
  }
}

let broker: TestBroker;
let admin: string;
const supervisor = new Supervisor();
const gateways: Gateway[] = [];
async function start(environment: Record<string, string>, parent?: Parent): Promise<Gateway> {
  const gateway = await startGateway({ AMQP_URL: broker.url, ...environment }, parent);
  gateways.push(gateway);
  return gateway;
}
beforeAll(async () => {
  broker = await testBroker();
  admin = await tokenOf(ANN, { role: 'admin' });
});
afterAll(async () => {
  for (const gateway of gateways) await gateway.stop();
  await broker.close();
});

const stop = (gateway: Gateway, as = admin, service = 'logistics') =>
  call(gateway, 'POST', `/ops/switches/${service}/stop`, { as });

describe('the switches of the control room', () => {
  it('pass on to the supervisor what an administrator asks, and what it refuses', async () => {
    const gateway = await start({}, supervisor);
    expect(await call(gateway, 'GET', '/ops/switches', { as: admin })).toMatchObject({ status: 200, body: STATES });
    expect(await stop(gateway)).toMatchObject({ status: 200, body: STATES });
    expect((await stop(gateway, admin, 'gateway')).status).toBe(404);
    expect(supervisor.asked).toEqual([
      {},
      { service: 'logistics', turn: 'stop' },
      { service: 'gateway', turn: 'stop' },
    ]);
  });

  it('are refused to customers, strangers, and other machines, also with the headers of a proxy', async () => {
    const gateway = await start({ TRUST_PROXY: '1' }, supervisor);
    const before = supervisor.asked.length;
    expect((await stop(gateway, await tokenOf(BOB))).status).toBe(403);
    expect((await call(gateway, 'POST', '/ops/switches/logistics/stop')).status).toBe(401);
    for (const [remoteAddress, forwarded] of [
      ['192.0.2.7', undefined],
      ['192.0.2.7', '127.0.0.1'],
      ['::ffff:10.0.0.1', '127.0.0.1'],
      ['127.0.0.1', '192.0.2.7'],
    ] as const) {
      const { statusCode } = await gateway.app.inject({
        method: 'POST',
        url: '/ops/switches/logistics/stop',
        remoteAddress,
        headers: { authorization: `Bearer ${admin}`, ...(forwarded && { 'x-forwarded-for': forwarded }) },
      });
      expect(statusCode, remoteAddress).toBe(404);
    }
    expect(supervisor.asked).toHaveLength(before);
  });

  it('do not exist without a supervisor, nor in any environment but development', async () => {
    expect((await stop(await start({}))).status).toBe(404);
    expect((await stop(await start({ NODE_ENV: 'test' }, supervisor))).status).toBe(404);
    const before = supervisor.asked.length;
    for (const environment of ['production', 'test', ''])
      expect(SupervisorChannel.to(supervisor, environment)).toBeUndefined();
    expect(supervisor.asked).toHaveLength(before);
  });
});
