import { randomUUID } from 'node:crypto';
import { InboxFilled, OrderCompleted, OrderShipped, type Message } from '@sluice/contracts';
import { eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Live } from './live.js';

let broker: TestBroker;
let live: Live;
beforeEach(async () => {
  broker = await testBroker();
  live = new Live({ url: broker.url, service: 'gateway', name: 'gateway listens' });
});
afterEach(async () => {
  await live.onModuleDestroy();
  await broker.close();
});

/** Subscribes, and records the order id of each fact, or 'missed'. */
function watch(field: string, value: string): { notified: string[]; unsubscribe(): void } {
  const notified: string[] = [];
  return {
    notified,
    unsubscribe: live.subscribe(
      field,
      value,
      (fact?: Message) => void notified.push(fact ? (fact.data as { orderId: string }).orderId : 'missed'),
    ),
  };
}
const ship = (orderId: string, userId: string) => publish(broker, OrderShipped, { orderId, userId, version: 1 });

describe('a listener to one type of fact', () => {
  it('receives facts of that type only, and that some may have been missed', async () => {
    const notified: string[] = [];
    live.onFact(OrderShipped, (fact) => notified.push(fact?.data.orderId ?? 'missed'));
    await eventually(() => expect(notified).toEqual(['missed']));
    const [one, other, user] = [randomUUID(), randomUUID(), randomUUID()];
    await ship(one, user);
    await publish(broker, OrderCompleted, {
      orderId: one,
      userId: user,
      version: 2,
      total: { amount: 1, currency: 'EUR' },
    });
    await ship(other, user);
    await eventually(() => expect(notified).toEqual(['missed', one, other]));
  });
});

describe('a subscriber to live facts', () => {
  it('receives facts with the value in the field, and that some may have been missed', async () => {
    const [one, other, user] = [randomUUID(), randomUUID(), randomUUID()];
    const [ofOne, alsoOfOne, ofUser] = [watch('orderId', one), watch('orderId', one), watch('userId', user)];
    await eventually(() => expect([ofOne.notified, ofUser.notified]).toEqual([['missed'], ['missed']]));
    await ship(other, user);
    await ship(one, randomUUID());
    await ship(user, one);
    await ship(one, user);
    await eventually(() => expect(ofUser.notified).toEqual(['missed', other, one]));
    expect(ofOne.notified).toEqual(['missed', one, one]);
    expect(alsoOfOne.notified).toEqual(ofOne.notified);
  });

  it('receives facts with the value in a list', async () => {
    const [user, other] = [randomUUID(), randomUUID()];
    const notified: unknown[] = [];
    live.subscribe('userIds', user, (fact) => notified.push(fact?.data));
    await eventually(() => expect(notified).toEqual([undefined]));
    await publish(broker, InboxFilled, { userIds: [other] });
    await publish(broker, InboxFilled, { userIds: [other, user] });
    await eventually(() => expect(notified).toEqual([undefined, { userIds: [other, user] }]));
  });

  it('receives nothing after it unsubscribed, while others still do', async () => {
    const id = randomUUID();
    const [unsubscribed, staying] = [watch('orderId', id), watch('orderId', id)];
    await eventually(() => expect(staying.notified).toEqual(['missed']));
    unsubscribed.unsubscribe();
    unsubscribed.unsubscribe();
    await ship(id, id);
    await eventually(() => expect(staying.notified).toEqual(['missed', id]));
    expect(unsubscribed.notified).toEqual(['missed']);
    staying.unsubscribe();
    const again = watch('orderId', id);
    await ship(id, id);
    await eventually(() => expect(again.notified).toEqual([id]));
  });
});
