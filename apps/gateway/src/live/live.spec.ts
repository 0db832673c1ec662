import { randomUUID } from 'node:crypto';
import { OrderCompleted, OrderShipped, type Message } from '@sluice/contracts';
import { eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayConfig } from '../config.js';
import { Live } from './live.js';

let broker: TestBroker;
let live: Live;
beforeEach(async () => {
  broker = await testBroker();
  live = new Live({ AMQP_URL: broker.url } as GatewayConfig);
});
afterEach(async () => {
  await live.onModuleDestroy();
  await broker.close();
});

/** Watches, and notes the order of each fact, or that some may have been missed. */
function watch(field: string, value: string): { told: string[]; unwatch(): void } {
  const told: string[] = [];
  return {
    told,
    unwatch: live.subscribe(
      field,
      value,
      (fact?: Message) => void told.push(fact ? (fact.data as { orderId: string }).orderId : 'missed'),
    ),
  };
}
const ship = (orderId: string, userId: string) => publish(broker, OrderShipped, { orderId, userId, version: 1 });

describe('who hears all facts of a kind', () => {
  it('is told of those and of no others, and that some may have been missed', async () => {
    const told: string[] = [];
    live.onFact(OrderShipped, (fact) => told.push(fact?.data.orderId ?? 'missed'));
    await eventually(() => expect(told).toEqual(['missed']));
    const [one, other, user] = [randomUUID(), randomUUID(), randomUUID()];
    await ship(one, user);
    await publish(broker, OrderCompleted, {
      orderId: one,
      userId: user,
      version: 2,
      total: { amount: 1, currency: 'EUR' },
    });
    await ship(other, user);
    await eventually(() => expect(told).toEqual(['missed', one, other]));
  });
});

describe('who watches live facts', () => {
  it('is told of those with the value in the field, and that some may have been missed', async () => {
    const [one, other, user] = [randomUUID(), randomUUID(), randomUUID()];
    const [ofOne, alsoOfOne, ofUser] = [watch('orderId', one), watch('orderId', one), watch('userId', user)];
    await eventually(() => expect([ofOne.told, ofUser.told]).toEqual([['missed'], ['missed']]));
    await ship(other, user);
    await ship(one, randomUUID());
    await ship(user, one);
    await ship(one, user);
    await eventually(() => expect(ofUser.told).toEqual(['missed', other, one]));
    expect(ofOne.told).toEqual(['missed', one, one]);
    expect(alsoOfOne.told).toEqual(ofOne.told);
  });

  it('is told nothing any more after it has said so, and the others still are', async () => {
    const id = randomUUID();
    const [leaving, staying] = [watch('orderId', id), watch('orderId', id)];
    await eventually(() => expect(staying.told).toEqual(['missed']));
    leaving.unwatch();
    leaving.unwatch();
    await ship(id, id);
    await eventually(() => expect(staying.told).toEqual(['missed', id]));
    expect(leaving.told).toEqual(['missed']);
    staying.unwatch();
    const again = watch('orderId', id);
    await ship(id, id);
    await eventually(() => expect(again.told).toEqual([id]));
  });
});
