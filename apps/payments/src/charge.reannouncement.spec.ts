import { json } from 'node:stream/consumers';
import { operationsOf, OrderPriced, PayableOpened, type Reply } from '@sluice/contracts';
import type { Service } from '@sluice/service-kit';
import { eventually, httpStub, publish, type HttpStub } from '@sluice/testing';
import * as testing from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayKeyOf } from './charge.js';
import { total, useShop, type Order } from './testing/shop.js';

interface ListedCharge {
  id: string;
  key: string;
  amount: number;
  currency: string;
  refunded: boolean;
}

const SINCE = '2026-01-01T00:00:00Z';
const { Reannounce } = operationsOf('payments')!;
const shop = useShop<testing.TestBroker>(testing);
const { payable, pay, refunded, start, capturesOf } = shop;

describe('charges that the card gateway knows and a restored database does not', () => {
  let service: Service;
  let gateway: HttpStub;
  const charges: ListedCharge[] = [];
  const refunds: string[] = [];

  beforeAll(async () => {
    gateway = await httpStub(async (request, response) => {
      const key = String(request.headers['idempotency-key']);
      if (request.method === 'GET') return void response.end(JSON.stringify({ items: charges }));
      const body = (await json(request)) as { capture?: string };
      if (request.url === '/captures') return void response.end(JSON.stringify({ id: chargeUnder(key).id }));
      refunds.push(key);
      charges.find(({ id }) => id === body.capture)!.refunded = true;
      response.end('{"id":"re_1"}');
    });
    service = await start({ CARD_GATEWAY_URL: gateway.url });
  });
  afterAll(async () => {
    await service?.stop();
    await gateway?.close();
  });

  /** The same key is the same charge, whether or not it was given back since. */
  function chargeUnder(key: string): ListedCharge {
    const known = charges.find((charge) => charge.key === key);
    if (known) return known;
    const { amount, currency } = total;
    const made = { id: `ch_${charges.length + 1}`, key, amount, currency, refunded: false };
    charges.push(made);
    return made;
  }
  const keysOf = ({ orderId }: Order) => charges.filter(({ key }) => key.startsWith(orderId)).map(({ key }) => key);
  const findings = async (options: { refund?: boolean; first?: boolean } = {}): Promise<string[]> => {
    const found: string[] = [];
    for (let after: string | undefined = '0'; after !== undefined;) {
      const page: Reply<typeof Reannounce> = await shop.request(Reannounce, { since: SINCE, after, ...options });
      found.push(...page.findings);
      after = page.next;
    }
    return found;
  };
  const unknown = (): Order => ({ orderId: crypto.randomUUID(), userId: crypto.randomUUID() });

  it('make the order unpaid that is kept as paid by one of them, before anything else is announced', async () => {
    const order = await payable();
    expect(await pay(order, 'tok_live')).toEqual({ status: 'captured' });
    const charge = chargeUnder(gatewayKeyOf(order.orderId, 1));
    charge.refunded = true;
    expect(await findings({ first: true })).toEqual([
      `charge ${charge.id} of 42.00 USD (${charge.key}) was given back: its order is cancelled, unless a parcel has left`,
    ]);
    await eventually(() => refunded(order.orderId, 1));
    expect(await capturesOf(order.orderId)).toMatchObject([{ status: 'refunded' }]);
    expect([await findings(), refunds]).toEqual([[], []]);
  });

  it('do not pay an order again that was paid and cancelled, whether or not payments knows the order', async () => {
    const [known, late] = [await payable(), unknown()];
    for (const { orderId } of [known, late]) chargeUnder(gatewayKeyOf(orderId, 1)).refunded = true;
    expect(await findings()).toEqual([]);
    await publish(shop.broker, OrderPriced, { ...late, total, version: 2 });
    await eventually(() => shop.received.of(PayableOpened, ({ orderId }) => orderId === late.orderId, 1));
    for (const order of [known, late]) {
      expect(await pay(order, 'tok_live')).toEqual({ status: 'captured' });
      expect(keysOf(order)).toEqual([gatewayKeyOf(order.orderId, 1), gatewayKeyOf(order.orderId, 2)]);
    }
  });

  it('go back once when nothing waits for them, and pay no order that comes later', async () => {
    const order = unknown();
    const charge = chargeUnder(gatewayKeyOf(order.orderId, 1));
    const name = `charge ${charge.id} of 42.00 USD (${charge.key}) was taken for nothing`;
    expect(await findings()).toEqual([`${name}: --refund gives it back`]);
    expect(await findings({ refund: true })).toEqual([`${name} and goes back`]);
    expect([await findings({ refund: true }), refunds]).toEqual([[], [`${charge.key}:refund`]]);
    await publish(shop.broker, OrderPriced, { ...order, total, version: 2 });
    await eventually(() => shop.received.of(PayableOpened, ({ orderId }) => orderId === order.orderId, 1));
    expect(await pay(order, 'tok_live')).toEqual({ status: 'captured' });
    expect(keysOf(order)).toEqual([charge.key, gatewayKeyOf(order.orderId, 2)]);
  });

  it('go back although the process ended after it had decided that', async () => {
    const order = await payable();
    const charge = chargeUnder(gatewayKeyOf(order.orderId, 1));
    charge.amount = 1;
    await shop.database.pool.query('UPDATE payables SET attempts = 1 WHERE order_id = $1', [order.orderId]);
    expect(await findings({ refund: true })).toHaveLength(1);
    expect(charge.refunded).toBe(true);
  });

  it('stay the payment of an order that was paid by one between its look-up and the decision', async () => {
    const order = await payable();
    const charge = chargeUnder(gatewayKeyOf(order.orderId, 1));
    const { pool } = shop.database;
    const client = await pool.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM payables WHERE order_id = $1 FOR UPDATE', [order.orderId]);
    const found = findings({ refund: true });
    await eventually(async () => {
      const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      expect((await pool.query(waiting)).rowCount).toBe(1);
    });
    await client.query(
      `WITH capture AS (
        INSERT INTO captures (id, order_id, amount, currency, card_token, gateway_key, status, gateway_reference,
          requested_at, settled_at, version)
        VALUES (gen_random_uuid(), $1, 4200, 'USD', 'tok_live', $2, 'captured', $3, now(), now(), 2) RETURNING id
      ) UPDATE payables SET status = 'captured', capture_id = capture.id, capturing_since = now(), attempts = 1,
        version = version + 1 FROM capture WHERE order_id = $1`,
      [order.orderId, charge.key, charge.id],
    );
    await client.query('COMMIT');
    client.release();
    expect([await found, charge.refunded]).toEqual([[], false]);
  });

  it('become the payment of an order that waits for one', async () => {
    const order = await payable();
    const charge = chargeUnder(gatewayKeyOf(order.orderId, 1));
    expect(await findings({ refund: true })).toEqual([
      `charge ${charge.id} of 42.00 USD (${charge.key}) is the payment of its order`,
    ]);
    await eventually(() => shop.captured(order.orderId, 1));
    expect(await findings({ refund: true })).toEqual([]);
  });
});
