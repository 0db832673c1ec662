import { eventually, testBroker, type TestBroker } from '@sluice/testing';
import { connect } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { ANN, call, order, startGateway, tokenOf } from '../testing/gateway.js';

let broker: TestBroker;
let gateway: Gateway;

beforeAll(async () => {
  broker = await testBroker();
  gateway = await startGateway({ AMQP_URL: broker.url });
  await eventually(async () => expect(await call(gateway, 'GET', '/readyz')).toMatchObject({ status: 200 }));
  const connection = await connect(broker.url);
  const channel = await connection.createChannel();
  await channel.deleteQueue('orders.commands');
  await connection.close();
});
afterAll(async () => {
  await gateway.stop();
  await broker.close();
});

describe('a broker that has no queue for orders', () => {
  it('makes an order 503 with Retry-After instead of accepting an order that is lost', async () => {
    const answer = await call(gateway, 'POST', '/orders', { as: await tokenOf(ANN), body: order() });
    expect(answer).toMatchObject({ status: 503 });
    expect(answer.headers['retry-after']).toBe('1');
  });
});
