import { EXCHANGES } from '@sluice/contracts';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConfirmChannel } from 'amqplib';
import {
  eventually,
  testBroker,
  testDatabase,
  dropConstraints,
  type TestBroker,
  type TestDatabase,
} from '@sluice/testing';
import { databaseServices, inRoot } from '@sluice/stack/workspace';
import { audit, type Audit, type AuditedSystem, type AuditOptions } from './audit.js';
import { INVARIANTS } from './checks.js';
import { reportLines } from './report.js';
import { settleArgument } from './run.js';
import { capture, CONSISTENT_SHOP } from './testing/consistent-shop.js';

const uuid = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;

let broker: TestBroker;
let channel: ConfirmChannel;
let databases: Record<string, TestDatabase>;
let system: AuditedSystem;
beforeAll(async () => {
  const made = Promise.all(databaseServices().map(async (service) => [service, await testDatabase(service)] as const));
  broker = await testBroker();
  databases = Object.fromEntries(await made);
  await Promise.all(Object.values(databases).map((database) => dropConstraints(database)));
  channel = await broker.connection.createConfirmChannel();
  system = {
    databases: Object.fromEntries(Object.entries(databases).map(([service, { url }]) => [service, url])),
    broker: { url: broker.url, managementUrl: broker.management.url },
  };
}, 60_000);
afterAll(() => Promise.all([broker.close(), ...Object.values(databases).map((database) => database.close())]));

/** A shop in order: one order in every state, a sale, a coupon, and the notified customers. */
beforeEach(async () => {
  await Promise.all(
    Object.entries(CONSISTENT_SHOP).map(([service, { tables, sql }]) =>
      query(service, `TRUNCATE inbox, outbox, ${tables}; ${sql(uuid)}`),
    ),
  );
});

const query = (service: string, sql: string) => databases[service]!.pool.query(sql);
const put = async (queue: string) => {
  channel.sendToQueue(queue, Buffer.from('{}'));
  await channel.waitForConfirms();
};
const look = (options?: AuditOptions) => audit(system, { pause: async () => {}, settings: {}, ...options });
const found = ({ checks }: Audit): Record<string, string[]> =>
  Object.fromEntries(
    checks.filter(({ count }) => count > 0).map(({ invariant, name, ids }) => [`${invariant}.${name}`, ids]),
  );

/** `npm run audit`, against these servers. */
async function run(...args: string[]) {
  const urls = Object.fromEntries(
    Object.entries(system.databases).map(([service, url]) => [
      `DATABASE_URL_${service.replaceAll('-', '_').toUpperCase()}`,
      url,
    ]),
  );
  const env = { PATH: process.env.PATH, AMQP_URL: broker.url, AMQP_MANAGEMENT_URL: broker.management.url, ...urls };
  const child = spawn(process.execPath, [inRoot('cli/dist/main.js'), 'audit', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, out, error };
}

describe('a shop in order', () => {
  it('passes, says what was looked at, and ends with 0', async () => {
    const { code, out, error } = await run('--settle', '10');
    expect({ code, error }).toEqual({ code: 0, error: '' });
    const lines = Object.fromEntries(
      out
        .split('\n')
        .slice(2)
        .map((line) => line.split(/ {2,}/))
        .map(([name, , looked, broken]) => [name, [looked, broken]]),
    );
    expect(lines).toMatchObject({
      stock: ['8 reservations, 2 shelves', '0'],
      money: ['2 redemptions, 1 earnings, 5 captures', '0'],
      orders: [expect.stringContaining('9 orders, 4 orders with parcels'), '0'],
      sales: ['2 wins, 1 sales', '0'],
      accounts: ['2 accounts', '0'],
      messages: [expect.stringMatching(new RegExp(`^\\d+ queues, ${databaseServices().length} outboxes$`)), '0'],
      notifications: [expect.stringContaining('deliveries'), '0'],
    });
    expect(out).not.toContain('at work');
  });
});

describe('a pending order', () => {
  beforeEach(() =>
    query(
      'orders',
      `INSERT INTO orders (id, user_id, status, total, allocation, placed_at, version) VALUES ('${uuid(11)}', '${uuid(50)}', 'pending', 5, '[]', now(), 1);
       INSERT INTO order_history (order_id, version, at, type, detail, status) VALUES ('${uuid(11)}', 1, now(), 'order.placed', '{}', 'pending')`,
    ),
  );

  it('is named when no message is in flight: no reply to it will arrive', async () => {
    expect(found(await look())).toEqual({ 'orders.pending_for_a_reply': [uuid(11)] });
  });

  it('is not named while a message is in flight', async () => {
    await put('inventory.events');
    expect(found(await look())).toEqual({});
    await channel.purgeQueue('inventory.events');
  });
});

/** By invariant: how it is broken, as which checks see it, with what ids. */
const BREAKS: Record<string, [breakIt: () => Promise<unknown>, seen: Record<string, string[]>]> = {
  stock: [
    () => query('inventory', `UPDATE stock SET on_hand = on_hand + 1 WHERE warehouse = 'east'`),
    { 'stock.stock_conserved': ['cap/east'] },
  ],
  money: [
    () => query('payments', `DELETE FROM captures WHERE order_id = '${uuid(3)}'`),
    { 'money.kept_for_sold_orders': [uuid(3)] },
  ],
  orders: [
    () =>
      query(
        'orders',
        `DELETE FROM orders WHERE id = '${uuid(2)}'; DELETE FROM order_history WHERE order_id = '${uuid(2)}'`,
      ),
    {
      'orders.exist': [uuid(2)],
      'stock.reserved_for_orders': [uuid(2)],
      'notifications.one_per_fact_and_channel': [uuid(2)],
    },
  ],
  sales: [
    () => query('flash-sale', 'UPDATE sales SET remaining = remaining + 1'),
    { 'sales.sale_pieces_conserved': [uuid(90)] },
  ],
  accounts: [
    () => query('accounts', `UPDATE accounts SET token_epoch = 0 WHERE id = '${uuid(50)}'`),
    { 'accounts.revoked_epochs_are_those_of_accounts': [uuid(50)] },
  ],
  messages: [
    async () => {
      await Promise.all([put('orders.events.dead'), put(EXCHANGES.unrouted)]);
      await query(
        'orders',
        `INSERT INTO outbox VALUES ('${uuid(70)}', '{"properties": {"type": "order.paid"}}', now() - interval '2 minutes')`,
      );
    },
    {
      'messages.dead_letters': ['orders.events.dead: 1'],
      'messages.are_heard': ['shop.unrouted: 1'],
      'messages.leave_the_outbox': [`outbox of orders: order.paid ${uuid(70)}`],
    },
  ],
  notifications: [
    () =>
      query(
        'notifications',
        `INSERT INTO deliveries SELECT gen_random_uuid(), user_id, channel, about, text, status, provider_reference, created_at, sent_at, version FROM deliveries WHERE about = 'orders/${uuid(3)}' AND channel = 'inbox' LIMIT 1`,
      ),
    { 'notifications.one_per_fact_and_channel': [uuid(3)] },
  ],
};

describe('what is broken', () => {
  const empty = () => Promise.all(['orders.events.dead', EXCHANGES.unrouted].map((queue) => channel.purgeQueue(queue)));

  it.each(Object.keys(BREAKS))('%s: is named with its ids', async (invariant) => {
    const [breakIt, seen] = BREAKS[invariant]!;
    await breakIt();
    const result = await look();
    await empty();
    expect([found(result), result.ok]).toEqual([seen, false]);
  });

  it('is found as well where it takes reading everything there ever was', async () => {
    await query(
      'orders',
      `
      UPDATE orders SET version = version + 1 WHERE id = '${uuid(1)}';
      UPDATE order_history SET status = 'pending' WHERE order_id = '${uuid(3)}' AND status = 'awaiting_payment';
      INSERT INTO order_history SELECT order_id, 3, at, type, detail, status FROM order_history WHERE order_id = '${uuid(6)}' AND version = 2; UPDATE orders SET version = 3 WHERE id = '${uuid(6)}';
      UPDATE orders SET parcels = '[]', paid_at = now() - interval '16 minutes' WHERE id IN ('${uuid(4)}', '${uuid(8)}')`,
    );
    await query(
      'inventory',
      `UPDATE stock SET reserved = reserved + 1, on_hand = on_hand - 1 WHERE warehouse = 'west'`,
    );
    await query('promotions', 'UPDATE points_balances SET points = points + 1');
    await query('accounts', 'DELETE FROM phones');
    await query(
      'logistics',
      `UPDATE parcels SET status = CASE warehouse WHEN 'east' THEN 'halted' ELSE 'dispatched' END WHERE order_id = '${uuid(3)}'; UPDATE parcels SET warehouse = 'east' WHERE order_id = '${uuid(3)}'`,
    );
    await query(
      'notifications',
      `INSERT INTO deliveries (id, user_id, channel, about, text, version) SELECT gen_random_uuid(), '${uuid(50)}', 'sms', 'verification', 'Your code is 1.', 1 FROM generate_series(1, 2)`,
    );
    expect(found(await look())).toMatchObject({
      'orders.orders_are_as_their_history_says': [uuid(1)],
      'orders.orders_take_legal_steps': [uuid(3)],
      'orders.facts_told_once': [uuid(6)],
      'orders.paid_orders_get_parcels': [uuid(8)],
      'stock.reserved_stock_in_reservations': ['cap/west'],
      'money.points_are_what_was_earned': [uuid(50)],
      'accounts.numbers_of_accounts_have_their_row': [uuid(50)],
      'orders.parcels_halted_all_or_none': [uuid(3)],
      'orders.one_parcel_per_warehouse': [uuid(3)],
      'notifications.codes_sent_once': [`${uuid(50)}/sms`],
    });
  });

  it('is all in one report, which ends with 1', async () => {
    for (const [breakIt] of Object.values(BREAKS)) await breakIt();
    const { code, out } = await run();
    await empty();
    expect(code).toBe(1);
    for (const { name } of INVARIANTS) expect(out).toMatch(new RegExp(`^${name} .*[1-9]\\d* ✗$`, 'm'));
    for (const id of Object.values(BREAKS).flatMap(([, seen]) => Object.values(seen).flat())) expect(out).toContain(id);
  });

  it('is shown up to a limit, with how many more', async () => {
    await query(
      'payments',
      `INSERT INTO captures (id, order_id, amount, status, version) SELECT gen_random_uuid(), gen_random_uuid(), 5, 'captured', 2 FROM generate_series(1, 1500)`,
    );
    const lines = reportLines(await look());
    expect(lines).toContain('    and 1,490 more');
    expect(lines.length).toBeLessThan(60);
  });
});

describe('a failed message', () => {
  const publish = async (exchange: string, key: string) => {
    channel.publish(exchange, key, Buffer.from('{}'));
    await channel.waitForConfirms();
  };

  it('that came out of its tier and found no queue is counted by the queue that it was for, and whether that is there now', async () => {
    await publish(EXCHANGES.home, 'gone.events');
    await publish(EXCHANGES.homeless, 'orders.events');
    const result = await look();
    await channel.purgeQueue(EXCHANGES.homeless);
    const seen = [
      'shop.homeless: 1 for gone.events, which does not exist',
      'shop.homeless: 1 for orders.events, which is there: npm run topology sends them home',
    ];
    expect([found(result), result.ok, result.state.quiet]).toEqual([{ 'messages.have_a_home': seen }, false, true]);
  });

  it('whose time in a tier is up and whose queue does not take it is counted, though the tier itself counts none', async () => {
    const args = {
      'x-queue-type': 'quorum',
      'x-message-ttl': 1,
      'x-dead-letter-exchange': '',
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    };
    await channel.assertQueue('orders.retry.1', {
      durable: true,
      arguments: { ...args, 'x-dead-letter-routing-key': 'orders.gone' },
    });
    await put('orders.retry.1');
    const [, seen] = await eventually(
      async () => {
        const result = await look({ statisticsWithinMs: 0 });
        expect(result.ok).toBe(false);
        return [result, found(result)] as const;
      },
      { withinMs: 20_000 },
    );
    expect(seen).toEqual({ 'messages.leave_their_tier': ['orders.retry.1: 1'] });
    expect((await channel.checkQueue('orders.retry.1')).messageCount).toBe(0);
    await channel.deleteQueue('orders.retry.1');
  });
});

describe('what is on its way', () => {
  it('is not taken for a break between services: it arrives until the second look', async () => {
    await query('payments', `DELETE FROM captures WHERE order_id = '${uuid(3)}'`);
    const arrives = vi.fn(() => query('payments', capture(uuid, 3)));
    expect(found(await look({ pause: arrives }))).toEqual({});
    expect(arrives).toHaveBeenCalledOnce();
  });

  it('is waited for, and what does not end is said', async () => {
    await put('orders.commands');
    const stuck = await look({ settleMs: 600 });
    expect([stuck.ok, stuck.state]).toEqual([false, { quiet: false, waiting: ['orders.commands 1'] }]);
    const unasked = await look();
    expect([unasked.ok, unasked.state.quiet]).toEqual([true, false]);
    const settling = look({ settleMs: 10_000 });
    await channel.purgeQueue('orders.commands');
    expect((await settling).ok).toBe(true);
  });

  it('is a row of the outbox that is young, and no timer that waits on purpose', async () => {
    await query('orders', `INSERT INTO outbox VALUES ('${uuid(71)}', '{"properties": {"type": "order.paid"}}')`);
    await channel.assertQueue('orders.payment-window.9000', { durable: true });
    await put('orders.payment-window.9000');
    const { ok, state } = await look();
    expect([ok, state.waiting]).toEqual([true, ['outbox of orders 1']]);
  });
});

it.each([['--settle'], ['--settle', 'soon'], ['--settle', '5', 'more'], ['--settel', '5']])(
  'refuses arguments that it does not know: %s %s',
  (...args: string[]) => {
    expect(() => settleArgument(args)).toThrow('usage: npm run audit');
  },
);
