import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { testDatabase, type TestDatabase } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { place } from './placing.js';
import { orderTables, type RefusedOrder, type Row } from './tables.js';
import {
  AT_NO_PRICE,
  ATTENDED,
  COUPON,
  facts,
  applying,
  NOW,
  obstacles,
  ORDER,
  placedOrder,
  PRICES,
  request,
  USER,
} from './testing/given.js';

const MIGRATIONS = path.join(import.meta.dirname, '../../../prisma/orders/migrations');
const migration = (name: string) => readFile(path.join(MIGRATIONS, name, 'migration.sql'), 'utf8');

let database: TestDatabase;
afterAll(() => database?.close());

describe('the table of orders', () => {
  beforeAll(async () => {
    database = await testDatabase('orders');
  });

  /** Writes the row as the unit of work does, with some columns changed. */
  const write = async (row: Row, change: Record<string, unknown> = {}) => {
    const columns = Object.fromEntries(
      orderTables.orders.columns.map((name) => [snake(name), { ...row, ...change }[name as keyof Row]]),
    );
    await database.pool.query('DELETE FROM orders');
    await database.pool.query('INSERT INTO orders SELECT * FROM jsonb_populate_record(null::orders, $1::jsonb)', [
      JSON.stringify(columns),
    ]);
  };
  const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

  const steps = Object.values(facts);
  const ways = [
    ...steps.map((_, count) => steps.slice(0, count)),
    steps,
    [obstacles.outOfStock],
    [obstacles.couponRejected],
    [...steps.slice(0, 4), obstacles.cancelled],
    [...steps.slice(0, 4), obstacles.cancelled, obstacles.halted],
    [...steps, obstacles.cancelled],
  ];
  const early: Row = {
    id: ORDER,
    userId: USER,
    status: 'cancelled',
    reason: 'customer',
    placedAt: null,
    recordedAt: NOW,
    version: 1,
  };
  const refused = place(
    undefined,
    request({ coupon: COUPON, lines: [{ sku: 'NOPE', quantity: 1 }] }),
    PRICES,
    ATTENDED,
    NOW,
  ).order as RefusedOrder;
  const paid = applying(placedOrder({ coupon: COUPON, payWithinSeconds: 60 }), steps.slice(0, 4)).order;

  it('accepts an order at every step, an early cancellation, and a refused request', async () => {
    for (const coupon of [undefined, COUPON])
      for (const way of ways) await write(applying(placedOrder({ coupon }), way).order);
    const free = [facts.couponRedeemed, facts.stockReserved, facts.eastDelivered, facts.westDelivered];
    for (const count of free.keys())
      await write(applying(placedOrder({ shown: AT_NO_PRICE }), free.slice(0, count + 1)).order);
    await write(early);
    expect((await database.pool.query('SELECT status, placed_at, discount, parcels FROM orders')).rows).toEqual([
      { status: 'cancelled', placed_at: null, discount: null, parcels: null },
    ]);
    await write(refused);
    expect((await database.pool.query('SELECT status, placed_at, refusal FROM orders')).rows).toEqual([
      { status: 'rejected', placed_at: null, refusal: refused.refusal },
    ]);
  });

  it.each<[string, Row, Record<string, unknown>]>([
    [
      'a discount without a redeemed coupon',
      paid,
      { couponRedeemedAt: null, discount: 500, total: 3_300, status: 'pending' },
    ],
    ['a redeemed coupon of an order that has none', paid, { coupon: null }],
    ['a discount beyond the subtotal', paid, { discount: 3_801, total: -1 }],
    ['a paid order whose coupon is undecided', paid, { couponRedeemedAt: null, discount: 0, total: 3_800 }],
    [
      'a rejected coupon of an order that has none',
      applying(placedOrder(), [obstacles.outOfStock]).order,
      { reason: 'coupon_rejected' },
    ],
    ['a payment window of no length', paid, { payWithinSeconds: 0 }],
    ['an order that was paid without a payment, and costs something', paid, { paymentId: null }],
    ['a payment without a time', paid, { paidAt: null }],
    ['the cancellation of a paid order while it is unpaid', placedOrder(), { cancellationRequestedAt: NOW }],
    ['the refusal to cancel an unpaid order', placedOrder(), { cancellationRefusedAt: NOW }],
    ['the refusal to cancel an order that has not arrived', early, { cancellationRefusedAt: NOW }],
    ['an order without a list of parcels', paid, { parcels: null }],
    ['an order without a user', paid, { userId: null }],
    ['an order that was never placed', paid, { placedAt: null }],
    ['an early cancellation with lines', early, { lines: [] }],
    ['an early cancellation without a user', early, { userId: null }],
    ['an early cancellation without a status', early, { status: null }],
    ['an early cancellation for another reason', early, { reason: 'payment_timeout' }],
    ['an early cancellation without a time', early, { recordedAt: null }],
    ['an early cancellation that was refused', early, { refusal: refused.refusal }],
    ['a refusal without a time', refused, { recordedAt: null }],
    ['a refusal without the reply to its caller', refused, { refusal: null }],
    ['a refusal without a reason', refused, { reason: null }],
    ['a refusal for a reason that only an order has', refused, { reason: 'out_of_stock' }],
    ['a refusal without its lines', refused, { lines: null }],
    ['a refusal with an amount', refused, { subtotal: 1, total: 1 }],
    ['a refusal with held stock', refused, { allocation: [] }],
    ['a refusal that is an order', refused, { placedAt: NOW }],
  ])('refuses %s', async (_, row, change) => {
    await write(row);
    await expect(write(row, change)).rejects.toThrow(/orders_complete|orders_cancellation_refused/);
  });
});

it('migrates older orders, and adds to each entry of their history the status after it', async () => {
  const old = (await Promise.all([migration('20261121000000_init'), migration('20261121000001_payment_window')])).join(
    '\n',
  );
  const before = await testDatabase('orders', { schemaSql: old });
  try {
    const timeline = [
      'order.placed',
      'order.priced',
      'order.awaiting_payment',
      'parcel.created',
      'order.paid',
      'parcel.dispatched',
      'order.shipped',
      'parcel.delivered',
      'order.completed',
    ];
    const insert = (id: string, types: string[]) =>
      before.pool.query(
        `INSERT INTO order_history SELECT $1, n, now(), type, '{}'
         FROM unnest($2::text[]) WITH ORDINALITY AS t(type, n)`,
        [id, types],
      );
    await insert(ORDER, timeline);
    await insert(USER, ['order.placed', 'order.cancelled', 'payment.refunded']);
    await before.pool.query(
      `INSERT INTO orders
         (id, user_id, body_hash, status, reason, lines, address, currency, subtotal, total, placed_at, version)
       VALUES ($1, $2, 'hash', 'rejected', 'out_of_stock', '[]', '{}', 'EUR', 1, 1, now(), 2)`,
      [ORDER, USER],
    );
    await before.pool.query(await migration('20261121000003_coupons_and_cancellation'));
    const statuses = async (id: string) =>
      (
        await before.pool.query<{ status: string }>(
          'SELECT status FROM order_history WHERE order_id = $1 ORDER BY version',
          [id],
        )
      ).rows.map(({ status }) => status);
    expect(await statuses(ORDER)).toEqual([
      'pending',
      'pending',
      'awaiting_payment',
      'awaiting_payment',
      'paid',
      'paid',
      'shipped',
      'shipped',
      'completed',
    ]);
    expect(await statuses(USER)).toEqual(['pending', 'cancelled', 'cancelled']);
    expect((await before.pool.query('SELECT coupon, discount::int, version FROM orders')).rows).toEqual([
      { coupon: null, discount: 0, version: 2 },
    ]);
  } finally {
    await before.close();
  }
});
