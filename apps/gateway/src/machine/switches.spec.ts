import { EventEmitter } from 'node:events';
import type { Parent } from '@sluice/service-kit';
import { testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { ANN, BOB, call, startGateway, tokenOf } from '../testing/gateway.js';
import { SupervisorChannel } from './supervisor-channel.js';

const STATES = { services: [{ service: 'logistics', state: 'running' }], providers: [] };

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

/** Every switch there is: its path, and what the supervisor is asked. */
const SWITCHES = [
  { path: 'switches/logistics/stop', asks: { service: 'logistics', turn: 'stop' } },
  { path: 'switches/logistics/cut', asks: { service: 'logistics', turn: 'cut' } },
  { path: 'broker/crash', asks: { broker: 'crash' } },
  { path: 'providers/card%20gateway/failing', asks: { provider: 'card gateway', condition: 'failing' } },
  { path: 'bursts/orders', body: { count: 50 }, asks: { burst: 'orders', count: 50 } },
];

describe('the switches of the control room', () => {
  it('pass on to the supervisor what an administrator asks, and what it refuses', async () => {
    const gateway = await start({}, supervisor);
    expect(await call(gateway, 'GET', '/ops/switches', { as: admin })).toMatchObject({ status: 200, body: STATES });
    for (const { path, body } of SWITCHES)
      expect(await call(gateway, 'POST', `/ops/${path}`, { as: admin, body }), path).toMatchObject({
        status: 200,
        body: STATES,
      });
    expect((await stop(gateway, admin, 'gateway')).status).toBe(404);
    expect(supervisor.asked).toEqual([{}, ...SWITCHES.map(({ asks }) => asks), { service: 'gateway', turn: 'stop' }]);
  });

  it('know no other turn, and no burst of more than 500', async () => {
    const gateway = await start({}, supervisor);
    const before = supervisor.asked.length;
    for (const [path, status, body] of [
      ['switches/logistics/erase', 404, undefined],
      ['broker/erase', 404, undefined],
      ['providers/sms/gone', 404, undefined],
      ['bursts/sign-ups', 404, { count: 1 }],
      ['bursts/orders', 422, { count: 501 }],
      ['bursts/orders', 422, undefined],
    ] as const)
      expect((await call(gateway, 'POST', `/ops/${path}`, { as: admin, body })).status, path).toBe(status);
    expect(supervisor.asked).toHaveLength(before);
  });

  it('are refused to customers, strangers, and other machines, also with the headers of a proxy', async () => {
    const gateway = await start({ TRUST_PROXY: '1' }, supervisor);
    const before = supervisor.asked.length;
    for (const { path, body } of SWITCHES) {
      const of = (as?: string) => call(gateway, 'POST', `/ops/${path}`, { ...(as && { as }), body });
      expect((await of(await tokenOf(BOB))).status, path).toBe(403);
      expect((await of()).status, path).toBe(401);
      for (const [remoteAddress, forwarded] of [
        ['192.0.2.7', undefined],
        ['192.0.2.7', '127.0.0.1'],
        ['::ffff:10.0.0.1', '127.0.0.1'],
        ['127.0.0.1', '192.0.2.7'],
      ] as const) {
        const { statusCode } = await gateway.app.inject({
          method: 'POST',
          url: `/ops/${path}`,
          remoteAddress,
          headers: { authorization: `Bearer ${admin}`, ...(forwarded && { 'x-forwarded-for': forwarded }) },
          ...(body && { payload: body }),
        });
        expect(statusCode, `${path} from ${remoteAddress}`).toBe(404);
      }
    }
    expect(supervisor.asked).toHaveLength(before);
  });

  it('do not exist without a supervisor, nor in any environment but development', async () => {
    const before = supervisor.asked.length;
    for (const gateway of [await start({}), await start({ NODE_ENV: 'test' }, supervisor)])
      for (const { path, body } of SWITCHES)
        expect((await call(gateway, 'POST', `/ops/${path}`, { as: admin, body })).status, path).toBe(404);
    for (const environment of ['production', 'test', ''])
      expect(SupervisorChannel.to(supervisor, environment)).toBeUndefined();
    expect(supervisor.asked).toHaveLength(before);
  });
});
