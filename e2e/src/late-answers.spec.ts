import { randomUUID } from 'node:crypto';
import type { Order } from '@sluice/contracts';
import { eventually, startSystem, type ProcessSystem } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvariants } from './invariants.js';
import { ADMIN, Shop } from './shop.js';

describe('while orders hangs', () => {
  let system: ProcessSystem;
  let shop: Shop;
  let customer: string;

  beforeAll(async () => {
    system = await startSystem({ REPLY_TIMEOUT_MS: '2000' }, {});
    shop = new Shop(system.url);
    customer = await shop.signIn();
    await shop.stock(await shop.signIn(ADMIN), 'TEE', { east: 100 });
    await shop.placeForSure(customer, 'TEE');
  });
  afterAll(() => system?.close());

  /** What is asked of orders is answered when it goes on, which is too late. */
  async function hanging<T>(ask: () => Promise<T>): Promise<T> {
    const { pid } = system.instance('orders');
    process.kill(pid!, 'SIGSTOP');
    try {
      return await ask();
    } finally {
      process.kill(pid!, 'SIGCONT');
    }
  }
  const idOf = ({ headers }: { headers: Headers }) => headers.get('location')?.split('/').at(-1) ?? '';
  const listed = async () => (await shop.call<{ items: Order[] }>('GET', '/orders?limit=100', { token: customer })).body.items.map(({ id }) => id);

  it('a refused order that was answered with 202 is there as rejected, with its reason, and its customer is notified', async () => {
    const key = randomUUID();
    const accepted = await hanging(() => shop.place(customer, 'NO-SUCH-THING', { key }));
    expect(accepted.status).toBe(202);
    const id = idOf(accepted);
    expect(await eventually(() => shop.order(customer, id))).toMatchObject({ status: 'rejected', reason: 'unknown_product' });
    expect(await eventually(() => shop.timeline(customer, id))).toEqual(['order.placed', 'order.rejected']);
    expect(await listed()).toContain(id);
    expect(await shop.place(customer, 'NO-SUCH-THING', { key })).toMatchObject({ status: 201, body: { id, status: 'rejected' } });
    await eventually(async () => {
      const { rows } = await system.databases.notifications.pool.query('SELECT channel FROM deliveries WHERE about = $1', [`orders/${id}`]);
      expect(rows.map(({ channel }) => channel as string).sort()).toEqual(['inbox', 'sms']);
    });
  });

  it('a refused order that was answered with 422 is no order', async () => {
    const before = await listed();
    expect((await shop.place(customer, 'NO-SUCH-THING')).status).toBe(422);
    expect(await listed()).toEqual(before);
    const { rows } = await system.databases.orders.pool.query("SELECT 1 FROM orders WHERE placed_at IS NULL AND status = 'rejected'");
    expect(rows.length).toBeGreaterThan(0);
  });

  it('an order and its cancellation that were both answered with 202 end as a cancelled order', async () => {
    const [accepted, cancellation] = await hanging(async () => {
      const placed = await shop.place(customer, 'TEE');
      return [placed, await shop.cancel(customer, idOf(placed))] as const;
    });
    expect([accepted.status, cancellation.status]).toEqual([202, 202]);
    expect(await shop.reaches(customer, idOf(accepted), 'cancelled')).toMatchObject({ reason: 'customer' });
    await expectInvariants(system);
  });

  it('a cancellation that was answered with 202 before its order was there is carried out when the order comes', async () => {
    // The id follows from the key, and is read where the refusal of the same key was stored.
    const key = randomUUID();
    const { body } = await shop.place(customer, 'NO-SUCH-THING', { key });
    expect(body).toMatchObject({ status: 422 });
    const { rows } = await system.databases.orders.pool.query<{ id: string }>("SELECT id FROM orders WHERE placed_at IS NULL AND status = 'rejected' ORDER BY recorded_at DESC LIMIT 1");
    const id = rows[0]!.id;
    await system.databases.orders.pool.query('DELETE FROM orders WHERE id = $1', [id]);
    expect((await hanging(() => shop.cancel(customer, id))).status).toBe(202);
    await eventually(async () => expect((await shop.cancel(customer, id)).status).toBe(404));
    expect(await shop.place(customer, 'TEE', { key })).toMatchObject({ status: 201, body: { id, status: 'cancelled', reason: 'customer' } });
  });
});
