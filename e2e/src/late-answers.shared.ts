import { randomUUID } from 'node:crypto';
import type { Order } from '@sluice/contracts';
import { eventually, type ProcessSystem } from '@sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectInvariants } from './invariants.js';
import { processShop } from './process-shop.js';
import type { Answer, Shop } from './shop.js';

describe('while orders is suspended', () => {
  let system: ProcessSystem;
  let shop: Shop;
  let customer: string;
  let admin: string;

  beforeAll(async () => {
    ({ system, shop, customer, admin } = await processShop.open());
    await shop.stock(admin, 'TEE', { east: 100 });
    await shop.placeForSure(customer, 'TEE');
  });

  /** Runs `work` while orders is suspended: it handles its requests only afterwards, too late for a reply. */
  async function hanging<T>(work: () => Promise<T>): Promise<T> {
    const { pid } = system.instance('orders');
    process.kill(pid!, 'SIGSTOP');
    try {
      return await work();
    } finally {
      process.kill(pid!, 'SIGCONT');
    }
  }
  const idOf = ({ headers }: { headers: Headers }) => headers.get('location')?.split('/').at(-1) ?? '';
  const listed = async () =>
    (await shop.call<{ items: Order[] }>('GET', '/orders?limit=100', { token: customer })).body.items.map(
      ({ id }) => id,
    );

  it('a refused order answered with 202 exists as rejected, with its reason and a notification', async () => {
    const key = randomUUID();
    const accepted = await hanging(() => shop.place(customer, 'NO-SUCH-THING', { key }));
    expect(accepted.status).toBe(202);
    const id = idOf(accepted);
    expect(await eventually(() => shop.order(customer, id))).toMatchObject({
      status: 'rejected',
      reason: 'unknown_product',
    });
    expect(await eventually(() => shop.timeline(customer, id))).toEqual(['order.placed', 'order.rejected']);
    expect(await listed()).toContain(id);
    expect(await shop.place(customer, 'NO-SUCH-THING', { key })).toMatchObject({
      status: 201,
      body: { id, status: 'rejected' },
    });
    await eventually(async () => {
      const { rows } = await system.databases.notifications.pool.query(
        'SELECT channel FROM deliveries WHERE about = $1',
        [`orders/${id}`],
      );
      expect(rows.map(({ channel }) => channel as string).sort()).toEqual(['inbox', 'sms']);
    });
  });

  it('a refused order answered with 422 does not exist', async () => {
    const before = await listed();
    expect((await shop.place(customer, 'NO-SUCH-THING')).status).toBe(422);
    expect(await listed()).toEqual(before);
    const { rows } = await system.databases.orders.pool.query(
      "SELECT 1 FROM orders WHERE placed_at IS NULL AND status = 'rejected'",
    );
    expect(rows.length).toBeGreaterThan(0);
  });

  /**
   * Changes a product's price several times and returns the displayed price; orders has handled none of the changes.
   */
  const changedTo = async (sku: string, ...cents: number[]) => {
    for (const price of cents) await shop.stock(admin, sku, { east: 10 }, price);
    return (await shop.call<{ price: { amount: number } }>('GET', `/products/${sku}`)).body.price.amount;
  };
  const bought = async (placed: Answer<Order>) => {
    const { status, subtotal } = await shop.reachesEnd(customer, idOf(placed));
    return [status, subtotal.amount];
  };

  it('a displayed product is sold, and at its displayed price', async () => {
    await changedTo('OLD', 1_000);
    await shop.reaches(customer, await shop.placeForSure(customer, 'OLD'), 'awaiting_payment');
    const [fresh, old, mixed] = await hanging(async () => {
      expect([await changedTo('FRESH', 700), await changedTo('OLD', 500, 400)]).toEqual([700, 400]);
      return Promise.all([
        shop.place(customer, 'FRESH'),
        shop.place(customer, 'OLD', { quantity: 2 }),
        shop.placeLines(customer, ['OLD', 'FRESH', 'TEE', 'OLD']),
      ]);
    });
    expect([fresh.status, old.status, mixed.status]).toEqual([202, 202, 202]);
    await changedTo('OLD', 9_999);
    expect(await Promise.all([fresh, old, mixed].map(bought))).toEqual([
      ['awaiting_payment', 700],
      ['awaiting_payment', 800],
      ['awaiting_payment', 2_500],
    ]);
    expect(await bought(await shop.place(customer, 'OLD'))).toEqual(['awaiting_payment', 9_999]);
  });

  it('the same holds when inventory dies right after a change, whether or not orders has received it', async () => {
    const inventory = system.instance('inventory');
    const [fresh, old] = await hanging(async () => {
      await changedTo('BRIEF', 300);
      await shop.stock(admin, 'OLD', { east: 10 }, 250);
      await inventory.end('SIGKILL');
      return [await shop.place(customer, 'BRIEF'), await shop.place(customer, 'OLD')] as const;
    });
    await inventory.start();
    expect(await Promise.all([fresh, old].map(bought))).toEqual([
      ['awaiting_payment', 300],
      ['awaiting_payment', 250],
    ]);
    await expectInvariants(system);
  });

  it('an order and its cancellation, both answered with 202, end as a cancelled order', async () => {
    const [accepted, cancellation] = await hanging(async () => {
      const placed = await shop.place(customer, 'TEE');
      return [placed, await shop.cancel(customer, idOf(placed))] as const;
    });
    expect([accepted.status, cancellation.status]).toEqual([202, 202]);
    expect(await shop.reaches(customer, idOf(accepted), 'cancelled')).toMatchObject({ reason: 'customer' });
    await expectInvariants(system);
  });

  it('a cancellation answered with 202 before its order exists takes effect when the order arrives', async () => {
    // The id is derived from the key: read it from the stored refusal of an order with the same key.
    const key = randomUUID();
    const { body } = await shop.place(customer, 'NO-SUCH-THING', { key });
    expect(body).toMatchObject({ status: 422 });
    const { rows } = await system.databases.orders.pool.query<{ id: string }>(
      "SELECT id FROM orders WHERE placed_at IS NULL AND status = 'rejected' ORDER BY recorded_at DESC LIMIT 1",
    );
    const id = rows[0]!.id;
    await system.databases.orders.pool.query('DELETE FROM orders WHERE id = $1', [id]);
    expect((await hanging(() => shop.cancel(customer, id))).status).toBe(202);
    await eventually(async () => expect((await shop.cancel(customer, id)).status).toBe(404));
    expect(await shop.place(customer, 'TEE', { key })).toMatchObject({
      status: 201,
      body: { id, status: 'cancelled', reason: 'customer' },
    });
  });
});
