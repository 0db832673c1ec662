import { eventually, testBroker, testDatabase } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Request } from './placing.js';
import { RETRY_MS } from './testing/running.js';
import { newRequest, openScene, storyOf, type Scene } from './testing/scene.js';

const SWEEP_MS = 4_000;
const DEADLINE_SECONDS = 600;
/** Orders for three rounds of the sweep: one run, or two intervals. */
const MANY = 1_100;

let scene: Scene;
beforeAll(async () => {
  scene = await openScene(
    { broker: await testBroker({ tiersMs: [RETRY_MS] }), database: await testDatabase('orders'), eventually },
    { DEADLINE_SWEEP_MS: String(SWEEP_MS), ORDER_DEADLINE_SECONDS: String(DEADLINE_SECONDS) },
  );
});
afterAll(() => scene?.stop());

async function placed(...facts: number[]): Promise<Request> {
  const order = newRequest();
  await scene.place(order);
  for (const fact of facts) await scene.send(storyOf(order)[fact]!);
  return order;
}

/** Inserts copies of that order into the table, each some milliseconds later by `column`. */
const copies = ({ orderId }: Request, column: 'pay_by' | 'placed_at', secondsAgo: number) =>
  scene.rows(
    `INSERT INTO orders SELECT (jsonb_populate_record(o, jsonb_build_object(
       'id', gen_random_uuid(), 'user_id', o.user_id, '${column}', now() - make_interval(secs => $2 - n * 0.01)
     ))).*
     FROM orders o, generate_series(1, ${MANY}) n WHERE o.id = $1`,
    [orderId, secondsAgo],
  );

async function expectAllCancelled({ userId }: Request, reason: string): Promise<void> {
  await eventually(
    async () =>
      expect(
        await scene.rows(
          'SELECT status, reason, count(*)::int FROM orders WHERE user_id = $1 GROUP BY 1, 2 ORDER BY 1 DESC',
          [userId],
        ),
      ).toContainEqual({ status: 'cancelled', reason, count: MANY }),
    { withinMs: 25_000 },
  );
  const [times] = await scene.rows(
    `SELECT extract(epoch FROM max(h.at) - min(h.at)) * 1000 AS ms
     FROM orders o JOIN order_history h ON h.order_id = o.id AND h.type = 'order.cancelled' WHERE o.user_id = $1`,
    [userId],
  );
  expect(Number(times!['ms'])).toBeLessThan(1.5 * SWEEP_MS);
}

describe('the sweep', () => {
  afterEach(() => vi.useRealTimers());

  it('uses the clock of the database: a process whose clock is ahead cancels nothing early', async () => {
    const [young, unpaid, old] = [await placed(), await placed(0, 1), await placed()];
    await scene.reaches(unpaid, 'awaiting_payment');
    await scene.rows("UPDATE orders SET pay_by = now() + interval '5 minutes' WHERE id = $1", [unpaid.orderId]);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1.5 * DEADLINE_SECONDS * 1_000 });
    await scene.rows(`UPDATE orders SET placed_at = now() - interval '${DEADLINE_SECONDS + 1} seconds' WHERE id = $1`, [
      old.orderId,
    ]);
    await scene.reaches(old, 'cancelled');
    expect([await scene.see(young), await scene.see(unpaid)]).toMatchObject([
      { status: 'pending' },
      { status: 'awaiting_payment' },
    ]);
  });

  it('cancels unpaid orders whose timers are lost, however many in one run, and no other', async () => {
    const model = await placed(0, 1);
    await scene.reaches(model, 'awaiting_payment');
    await copies(model, 'pay_by', 60);
    await expectAllCancelled(model, 'payment_timeout');
    expect(await scene.see(model)).toMatchObject({ status: 'awaiting_payment' });
  });

  it('cancels orders that could not be paid before their deadline, and no other', async () => {
    const model = await placed(0);
    await eventually(async () => expect(await scene.timeline(model)).toContain('order.priced'));
    await copies(model, 'placed_at', DEADLINE_SECONDS + 60);
    await expectAllCancelled(model, 'processing_timeout');
    expect(await scene.see(model)).toMatchObject({ status: 'pending' });
  });

  it.each([
    [
      'was not paid',
      [0, 1],
      'awaiting_payment',
      "pay_by = now() - interval '1 hour'",
      'payment_timeout',
      [{ sku: 'TEE' }, { sku: 'MUG' }],
    ],
    [
      'was never ready',
      [],
      'pending',
      `placed_at = now() - interval '${DEADLINE_SECONDS + 1} seconds'`,
      'processing_timeout',
      [],
    ],
  ])('names what to release of an order that %s', async (_, facts, status, past, reason, allocation) => {
    const order = await placed(...facts);
    await scene.reaches(order, status);
    await scene.rows(`UPDATE orders SET ${past} WHERE id = $1`, [order.orderId]);
    await scene.reaches(order, 'cancelled');
    await eventually(() =>
      expect(scene.messagesAbout(order).at(-1)).toMatchObject({
        type: 'order.cancelled',
        data: { reason, lines: [{ sku: 'TEE' }, { sku: 'MUG' }], allocation },
      }),
    );
  });
});
