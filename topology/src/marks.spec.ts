import { EXCHANGES } from '@sluice/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyTopology } from './apply.js';
import { emptyVhost, type Vhost } from './testing/vhost.js';
import { topology } from './topology.js';

let broker: Vhost;
beforeAll(async () => {
  broker = await emptyVhost();
  await applyTopology(broker.url, topology());
  for (const pattern of ['order.*', 'order.#', '#']) {
    await broker.channel.assertQueue(pattern);
    await broker.channel.bindQueue(pattern, EXCHANGES.events, pattern);
  }
  await broker.channel.bindQueue('#', EXCHANGES.events, 'order.paid.flash-sale');
});
afterAll(() => broker?.close());

/** Numbers of messages that a fact adds to these queues. */
async function routed(type: string, marks: string[], queues: string[]): Promise<number[]> {
  const depths = () => Promise.all(queues.map((queue) => broker.depth(queue)));
  const before = await depths();
  const CC = marks.map((mark) => `${type}.${mark}`);
  broker.channel.publish(EXCHANGES.events, type, Buffer.from('{}'), { persistent: true, ...(CC.length > 0 && { CC }) });
  await broker.channel.waitForConfirms();
  return (await depths()).map((depth, index) => depth - before[index]!);
}

describe('a fact with a mark', () => {
  it.each(['order.paid', 'order.rejected', 'order.cancelled', 'stock.released'])(
    '%s reaches flash-sale only when it is about an order of a sale',
    async (type) => {
      expect(await routed(type, ['flash-sale'], ['flash-sale.events'])).toEqual([1]);
      expect(await routed(type, ['coupon'], ['flash-sale.events'])).toEqual([0]);
      expect(await routed(type, [], ['flash-sale.events'])).toEqual([0]);
    },
  );

  it.each(['order.placed', 'order.rejected', 'order.cancelled'])(
    '%s reaches promotions only when it is about an order with a coupon',
    async (type) => {
      expect(await routed(type, ['coupon'], ['promotions.events'])).toEqual([1]);
      expect(await routed(type, ['flash-sale'], ['promotions.events'])).toEqual([0]);
      expect(await routed(type, [], ['promotions.events'])).toEqual([0]);
    },
  );

  it.each([
    ['with', ['flash-sale']],
    ['without', []],
  ])('reaches every other subscriber once, %s its mark, whichever patterns it is bound by', async (_, marks) => {
    const queues = ['logistics.events', 'notifications.events', 'order.*', 'order.#', '#'];
    expect(await routed('order.paid', marks, queues)).toEqual(queues.map(() => 1));
  });
});
