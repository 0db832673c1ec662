import { randomUUID } from 'node:crypto';
import { depth, eventually, testBroker, type TestBroker } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { proxyTo, type BrokerProxy } from '../testing/broker-proxy.js';
import { ANN, call, order, tokenOf } from '../testing/gateway.js';
import { OrdersPeer } from '../testing/orders-peer.js';
import { announce, claim, startSaleGateway } from '../testing/sales.js';
import { startPeer } from '../testing/start-peer.js';

const QUEUE = 'flash-sale.claims';

let broker: TestBroker;
let proxy: BrokerProxy;
let gateway: Gateway;
let ann: string;

beforeEach(async () => {
  broker = await testBroker();
  proxy = await proxyTo(broker.url);
  gateway = await startSaleGateway(broker, { AMQP_URL: proxy.url, REPLY_TIMEOUT_MS: '3000' });
  ann = await tokenOf(ANN);
});
afterEach(async () => {
  await gateway.stop();
  proxy.close();
  await broker.close();
});

describe('a claim without a confirm from the broker', () => {
  it('is 503 after two seconds; it may be in the queue, and claiming again returns its ticket', async () => {
    const { id } = await announce([gateway]);
    const { body } = await claim(gateway, id, ann);
    proxy.stopForwarding();
    const before = performance.now();
    expect(await claim(gateway, id, ann)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    const took = performance.now() - before;
    expect(took).toBeGreaterThan(1_900);
    expect(took).toBeLessThan(4_000);
    expect(await depth(broker, QUEUE)).toBe(2);
    proxy.resumeForwarding();
    expect(await claim(gateway, id, ann)).toMatchObject({ status: 202, body: { ticket: body['ticket'] } });
  });
});

describe('a claim connection that is lost', () => {
  it('refuses claims for a moment, while orders are still accepted', async () => {
    const { id } = await announce([gateway]);
    const orders = await startPeer(broker, 'orders', OrdersPeer);
    await dropClaimConnection();
    await eventually(async () => expect(await claim(gateway, id, ann)).toMatchObject({ status: 503 }));
    expect(await call(gateway, 'POST', '/orders', { as: ann, body: order() })).toMatchObject({ status: 201 });
    await eventually(async () => expect(await claim(gateway, id, ann)).toMatchObject({ status: 202 }));
    await orders.stop();
  });
});

/** The management API lists a connection only seconds after it was opened. */
async function dropClaimConnection(): Promise<void> {
  const connection = await eventually(async () => {
    const all = await broker.management.get<{ name: string; client_properties?: { connection_name?: string } }[]>(
      `vhosts/${broker.vhost}/connections`,
    );
    const found = all.find((one) => one.client_properties?.connection_name === 'gateway knocks');
    expect(found).toBeDefined();
    return found!;
  });
  await broker.management.delete(`connections/${encodeURIComponent(connection.name)}`);
}

describe('a broker that has no queue for claims', () => {
  it('refuses a claim with 503 and Retry-After instead of accepting a claim that is lost', async () => {
    const { id } = await announce([gateway]);
    const channel = await broker.connection.createChannel();
    await channel.deleteQueue(QUEUE);
    expect(await claim(gateway, id, ann)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(await claim(gateway, randomUUID(), ann)).toMatchObject({ status: 503 });
  });
});
