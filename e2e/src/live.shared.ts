import { eventually, type System } from '@sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectInvariants } from './invariants.js';
import type { Shop } from './shop.js';
import type { StreamEvent } from './stream.js';
import { tracedShop } from './traced-shop.js';

type OrderStreamEvent = StreamEvent<{ status: string; change: { type: string } }>;
const types = (events: readonly unknown[]): string[] =>
  (events as OrderStreamEvent[]).map(({ data }) => data.change.type);

describe('the stream of an order', () => {
  let system: System;
  let shop: Shop;
  let customer: string;

  beforeAll(async () => {
    let admin: string;
    ({ system, shop, customer, admin } = await tracedShop.open());
    await shop.stock(admin, 'TEE', { east: 100 });
    await shop.reaches(customer, await shop.placeForSure(customer, 'TEE'), 'cancelled');
  });

  it('sends an order placed while orders was down up to its cancellation, across a broken connection', async () => {
    await system.stop('orders');
    const { status, headers } = await shop.place(customer, 'TEE');
    const id = headers.get('location')!.split('/').at(-1)!;
    const first = await shop.watch(customer, id);
    expect([status, first.status, first.events]).toEqual([202, 200, []]);

    await system.start('orders');
    await eventually(() => expect(types(first.events)).toContain('order.placed'));
    first.cut();
    await first.ended;
    const before = [...first.events];
    const second = await shop.watch(customer, id, before.at(-1)!.id);
    await second.ended;

    const all = [...before, ...second.events];
    expect(types(all)).toEqual([
      'order.placed',
      'stock.reserved',
      'order.priced',
      'order.awaiting_payment',
      'order.cancelled',
    ]);
    expect(all.map(({ event, id: version }) => [event, Number(version)])).toEqual(
      all.map((_, index) => ['order', index + 1]),
    );
    expect(all.at(-1)!.data).toMatchObject({ id, status: 'cancelled', reason: 'payment_timeout' });
    expect((await shop.watch(customer, id, all.at(-1)!.id)).status).toBe(204);
  });

  it('sends a purchase to its end as it happens', async () => {
    const id = await shop.placeForSure(customer, 'TEE');
    const stream = await shop.watch(customer, id);
    await eventually(() => expect(types(stream.events)).toContain('order.awaiting_payment'));
    await shop.payForSure(customer, id);
    await stream.ended;
    const own = types(stream.events).filter((type) => type.startsWith('order.'));
    expect(own).toEqual([
      'order.placed',
      'order.priced',
      'order.awaiting_payment',
      'order.paid',
      'order.shipped',
      'order.completed',
    ]);
  });

  it('is 404 for another user', async () => {
    const id = await shop.placeForSure(customer, 'TEE');
    await shop.call('POST', '/users', {
      body: { phone: '+15550001111', name: 'Mallory', password: 'a-long-password' },
    });
    const other = await shop.signIn({ phone: '+15550001111', password: 'a-long-password' });
    expect((await shop.watch(other, id)).status).toBe(404);
  });

  it('leaves all invariants intact', () => expectInvariants(system));
});
