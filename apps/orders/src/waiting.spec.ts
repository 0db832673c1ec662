import { eventually, testBroker, testDatabase } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Request } from './placing.js';
import { RETRY_MS } from './testing/running.js';
import { newRequest, openScene, storyOf, type Scene } from './testing/scene.js';

/** Only the timers end windows in this service: its sweep runs too rarely to help. */
let scene: Scene;
beforeAll(async () => {
  scene = await openScene(
    { broker: await testBroker({ tiersMs: [RETRY_MS] }), database: await testDatabase('orders'), eventually },
    { DEADLINE_SWEEP_MS: '60000' },
  );
});
afterAll(() => scene?.stop());

async function payable(payWithinSeconds?: number): Promise<Request> {
  const order = newRequest({ payWithinSeconds });
  await scene.place(order);
  for (const fact of storyOf(order).slice(0, 2)) await scene.send(fact);
  await scene.reaches(order, 'awaiting_payment');
  return order;
}

describe('payment windows of different lengths', () => {
  it('run side by side: none ends later because of a longer one, whichever started first', async () => {
    const before = await payable(1);
    const long = await payable(60);
    const usual = await payable();
    const after = await payable(1);
    for (const short of [before, after])
      await eventually(async () =>
        expect(await scene.see(short)).toMatchObject({ status: 'cancelled', reason: 'payment_timeout' }),
      );
    expect((await scene.see(long)).secondsLeft).toBeGreaterThan(30);
    expect((await scene.see(usual)).secondsLeft).toBeGreaterThan(1_700);
    const [late] = await scene.rows(
      `SELECT max(extract(epoch FROM h.at - o.pay_by))::float8 AS seconds
       FROM orders o JOIN order_history h ON h.order_id = o.id AND h.type = 'order.cancelled'`,
    );
    expect(late!['seconds']).toBeLessThan(5);
  });

  it('do not touch an order that is paid in time', async () => {
    const paid = await payable(2);
    await scene.send(storyOf(paid)[2]);
    await scene.reaches(paid, 'paid');
    const unpaid = await payable(2);
    await scene.reaches(unpaid, 'cancelled');
    expect(await scene.see(paid)).toMatchObject({ status: 'paid' });
    expect(scene.factsOf(paid)).not.toContain('order.cancelled');
  });
});
