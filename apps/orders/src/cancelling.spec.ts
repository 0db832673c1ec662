import {
  CancelOrder,
  ParcelCreated,
  ParcelsHalted,
  ParcelsLeft,
  PaymentRefunded,
  PlaceOrder,
  type Data,
} from '@sluice/contracts';
import { newId } from '@sluice/persistence';
import { eventually, testBroker, testDatabase } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PARCELS, PAYMENT } from './testing/given.js';
import type { Request } from './placing.js';
import { RETRY_MS } from './testing/running.js';
import { EUR, newRequest, openScene, problem, storyOf, type Scene } from './testing/scene.js';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene(
    { broker: await testBroker({ tiersMs: [RETRY_MS] }), database: await testDatabase('orders'), eventually },
    { DEADLINE_SWEEP_MS: '500' },
  );
});
afterAll(() => scene?.stop());

const GONE = { reply: { to: 'gone', id: '1' }, deadline: Date.now() - 1 };
const about = ({ orderId, userId }: Request) => ({ orderId, userId, version: 1 });
const cancellation = ({ orderId, userId }: Request) => CancelOrder({ orderId, userId });
const halts = (order: Request) => scene.messagesAbout(order).filter(({ type }) => type === 'logistics.halt');
const isNoted = ({ orderId }: Request) =>
  eventually(async () =>
    expect(await scene.rows('SELECT status FROM orders WHERE id = $1 AND version = 1', [orderId])).toEqual([
      { status: 'cancelled' },
    ]),
  );

async function placed(upTo: 0 | 2 | 3): Promise<Request> {
  const order = newRequest();
  await scene.place(order);
  for (const fact of storyOf(order).slice(0, upTo)) await scene.send(fact);
  await scene.reaches(order, { 0: 'pending', 2: 'awaiting_payment', 3: 'paid' }[upTo]);
  return order;
}

describe('cancelling an order that is not paid', () => {
  it.each([0, 2] as const)(
    'ends it at once, and publishes this once for several requests (after %i facts)',
    async (facts) => {
      const order = await placed(facts);
      const answers = await Promise.all(Array.from({ length: 10 }, () => scene.cancel(order)));
      for (const answer of answers)
        expect(answer).toMatchObject({ id: order.orderId, status: 'cancelled', reason: 'customer' });
      await scene.everythingIsHandled();
      expect(scene.factsOf(order).filter((type) => type === 'order.cancelled')).toHaveLength(1);
      expect(scene.messagesAbout(order).at(-1)).toMatchObject({
        data: {
          reason: 'customer',
          lines: [
            { sku: 'TEE', quantity: 2 },
            { sku: 'MUG', quantity: 1 },
          ],
        },
      });
      expect(halts(order)).toEqual([]);
    },
  );

  it('gets 404 for the order of another user, and for an order that does not exist', async () => {
    const order = await placed(0);
    await expect(scene.cancel({ ...order, userId: newId() })).rejects.toEqual(problem(404));
    const unknown = newRequest();
    await expect(scene.cancel(unknown)).rejects.toEqual(problem(404));
    await expect(scene.see(unknown)).rejects.toEqual(problem(404));
    expect(await scene.see(order)).toMatchObject({ status: 'pending' });
  });

  it.each<[string, { deadline?: number }]>([
    ['was late', { deadline: Date.now() + 60_000 }],
    ['came in time', {}],
  ])('is carried out when the order arrives later, also when the 404 %s', async (_, { deadline }) => {
    const order = newRequest();
    if (deadline) await scene.send(cancellation(order), { reply: { to: 'gone', id: '1' }, deadline });
    else await expect(scene.cancel(order)).rejects.toEqual(problem(404));
    await isNoted(order);
    expect(await scene.place(order)).toMatchObject({ status: 'cancelled', reason: 'customer' });
    await scene.everythingIsHandled();
    expect(scene.factsOf(order)).toEqual(['order.cancelled']);
  });
});

describe('cancelling a paid order', () => {
  const parcel = {
    id: PARCELS.west,
    warehouse: 'west' as const,
    lines: [
      { sku: 'TEE', quantity: 2 },
      { sku: 'MUG', quantity: 1 },
    ],
  };
  const halted = (order: Request) => ParcelsHalted({ ...about(order), parcels: [parcel] });

  it('sends one request to logistics, and ends when the parcels are halted', async () => {
    const order = await placed(3);
    const answers = [await scene.cancel(order), await scene.cancel(order)];
    expect(answers[0]).toMatchObject({ status: 'paid', cancellationRequestedAt: expect.any(String) });
    expect(answers[1]).toEqual(answers[0]);
    await eventually(() => expect(halts(order)).toHaveLength(1));
    expect(halts(order)[0]!.data).toMatchObject({
      orderId: order.orderId,
      userId: order.userId,
      allocation: [{ sku: 'TEE', warehouse: 'west' }, { sku: 'MUG' }],
      address: order.address,
    });
    await scene.send(halted(order));
    await scene.reaches(order, 'cancelled');
    await scene.send(ParcelCreated({ ...about(order), parcelId: parcel.id, warehouse: 'west', lines: parcel.lines }));
    await scene.send(halted(order));
    await scene.send(PaymentRefunded({ ...about(order), paymentId: PAYMENT, amount: EUR(3_800) }));
    await eventually(async () => expect(await scene.see(order)).toHaveProperty('refundedAt'));
    const seen = await scene.see(order);
    expect(seen).toMatchObject({ status: 'cancelled', reason: 'customer', parcels: [{ ...parcel, status: 'halted' }] });
    expect(seen).not.toHaveProperty('cancellationRequestedAt');
    expect(await scene.cancel(order)).toEqual(seen);
    expect(scene.factsOf(order).filter((type) => type === 'order.cancelled')).toHaveLength(1);
    expect((await scene.timeline(order)).slice(-5)).toEqual([
      'order.paid',
      'parcel.created',
      'order.cancellation_requested',
      'order.cancelled',
      'payment.refunded',
    ]);
    expect(halts(order)).toHaveLength(1);
  });

  it('is refused when a parcel had left, and the order continues', async () => {
    const order = await placed(3);
    await scene.cancel(order);
    await scene.send(ParcelsLeft(about(order)));
    await eventually(() => expect(scene.factsOf(order).at(-1)).toBe('order.cancellation_refused'));
    expect(await scene.see(order)).not.toHaveProperty('cancellationRequestedAt');
    for (const fact of storyOf(order).slice(3)) await scene.send(fact);
    await scene.reaches(order, 'completed');
    await expect(scene.cancel(order)).rejects.toEqual(problem(409));
    expect(scene.factsOf(order)).not.toContain('order.cancelled');
  });

  it('is too late once a parcel is recorded as dispatched', async () => {
    const order = await placed(3);
    await scene.send(storyOf(order)[4]);
    await scene.reaches(order, 'shipped');
    for (const again of [1, 2]) await expect(scene.cancel(order), `${again}`).rejects.toEqual(problem(409));
    await scene.everythingIsHandled();
    expect(halts(order)).toEqual([]);
    expect((await scene.timeline(order)).slice(-2)).toEqual(['order.shipped', 'order.cancellation_refused']);
    expect(scene.factsOf(order).filter((type) => type === 'order.cancellation_refused')).toHaveLength(1);
  });

  it('repeats its request to logistics after a minute without a reply, and not within the next minute', async () => {
    const [order, other] = [await placed(3), await placed(3)];
    for (const cancelled of [order, other]) await scene.cancel(cancelled);
    await scene.rows("UPDATE orders SET cancellation_requested_at = now() - interval '61 seconds' WHERE id = $1", [
      order.orderId,
    ]);
    await eventually(() => expect(halts(order)).toHaveLength(2));
    const sweeps = await placed(2);
    await scene.rows("UPDATE orders SET pay_by = now() - interval '1 hour' WHERE id = $1", [sweeps.orderId]);
    await scene.reaches(sweeps, 'cancelled');
    expect([halts(order).length, halts(other).length]).toEqual([2, 1]);
    expect((await scene.timeline(order)).filter((type) => type === 'order.cancellation_requested')).toHaveLength(1);
  });
});

describe('a cancellation and its order, both delayed until their callers have left', () => {
  const seenBefore = async (order: Request) =>
    (await scene.see(order)) as Partial<Data<typeof PlaceOrder>> & { status: string; reason?: string };

  it.each([
    ['the cancellation first', (order: Request) => [cancellation(order), PlaceOrder(order)], ['order.cancelled']],
    [
      'the order first',
      (order: Request) => [PlaceOrder(order), cancellation(order)],
      ['order.placed', 'order.cancelled'],
    ],
  ])('end in a cancelled order: %s', async (_, both, facts) => {
    const order = newRequest();
    const [first, second] = both(order) as [ReturnType<typeof cancellation>, ReturnType<typeof cancellation>];
    await scene.send(first, GONE);
    await eventually(async () =>
      expect(await scene.rows('SELECT 1 FROM orders WHERE id = $1 AND version > 0', [order.orderId])).toHaveLength(1),
    );
    await scene.send(second, GONE);
    await scene.reaches(order, 'cancelled');
    expect(await seenBefore(order)).toMatchObject({
      reason: 'customer',
      lines: [
        { sku: 'TEE', quantity: 2 },
        { sku: 'MUG', quantity: 1 },
      ],
    });
    expect(await scene.timeline(order)).toEqual(['order.placed', 'order.cancelled']);
    await scene.everythingIsHandled();
    expect(scene.factsOf(order)).toEqual(facts);
    expect(await scene.place(order)).toEqual(await scene.see(order));
  });

  it('end in a cancelled order when they arrive in one batch', async () => {
    const orders = Array.from({ length: 50 }, () => newRequest());
    await Promise.all(
      orders.flatMap((order) => [cancellation(order), PlaceOrder(order)].map((message) => scene.send(message, GONE))),
    );
    for (const order of orders) await scene.reaches(order, 'cancelled');
    await scene.everythingIsHandled();
    for (const order of orders)
      expect(scene.factsOf(order).filter((type) => type === 'order.cancelled')).toHaveLength(1);
  });

  it('reply with the cancelled order to a caller who waits for the order', async () => {
    const order = newRequest();
    await scene.send(cancellation(order), GONE);
    await isNoted(order);
    expect(await scene.place(order)).toMatchObject({ id: order.orderId, status: 'cancelled', reason: 'customer' });
  });

  it('have no effect on each other when they are of different users', async () => {
    const order = newRequest();
    await scene.send(cancellation({ ...order, userId: newId() }), GONE);
    await isNoted(order);
    await scene.send(storyOf(order)[0]);
    expect(await scene.place(order)).toMatchObject({ status: 'pending' });
    await eventually(async () =>
      expect(await scene.timeline(order)).toEqual(['order.placed', 'stock.reserved', 'order.priced']),
    );
  });
});
