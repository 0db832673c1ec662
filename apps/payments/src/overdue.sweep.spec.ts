import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { PaymentCaptured, PaymentRefunded } from '@sluice/contracts';
import { startService, type Service } from '@sluice/service-kit';
import {
  deadLetters,
  eventually,
  facts,
  testBroker,
  testDatabase,
  type Facts,
  type TestBroker,
  type TestDatabase,
} from '@sluice/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { PaymentsConfig } from './config.js';
import { PaymentsModule } from './payments.module.js';

let broker: TestBroker;
let database: TestDatabase;
let received: Facts;
let gateway: Server;
const started: Service[] = [];
/** Calls to the gateway: path and idempotency key. */
const calls: string[] = [];
const refused = new Set<string>();

beforeAll(async () => {
  [broker, database] = await Promise.all([
    testBroker({ tiersMs: [100], outsideTiersMs: [100] }),
    testDatabase('payments'),
  ]);
  received = await facts(broker);
  gateway = createServer((request, response) => {
    const call = `${request.url} ${String(request.headers['idempotency-key'])}`;
    calls.push(call);
    request.resume();
    response.writeHead(refused.has(call) ? 422 : 200).end(refused.has(call) ? '{"reason":"too old"}' : '{"id":"ref"}');
  }).listen(0, '127.0.0.1');
  await once(gateway, 'listening');
});
afterEach(async () => {
  for (const { stop } of started.splice(0)) await stop();
  calls.length = 0;
  await database.pool.query('TRUNCATE payables, captures');
});
afterAll(async () => {
  gateway?.close();
  await Promise.all([broker?.close(), database?.close()]);
});

const start = async () =>
  started.push(
    await startService(
      { name: 'payments', module: PaymentsModule, config: PaymentsConfig, database: true },
      {
        ...{
          DATABASE_URL: database.url,
          AMQP_URL: broker.url,
          RETRY_TIERS_MS: '100',
          OUTSIDE_TIERS_MS: '100',
          LOG_LEVEL: 'silent',
        },
        ...{ CARD_GATEWAY_URL: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`, ASK_AGAIN_SECONDS: '1' },
      },
    ),
  );

interface Waiting {
  payable: string;
  capture?: 'pending' | 'captured';
  /** SQL interval. */
  since?: string;
  askedAt?: string;
}

/** Inserts a state that waits for a message that no longer exists. */
async function insertWaiting({
  payable,
  capture = 'pending',
  since = '10 seconds',
  askedAt = since,
}: Waiting): Promise<{ orderId: string; captureId: string }> {
  const [orderId, captureId] = [randomUUID(), randomUUID()];
  const done = capture === 'captured';
  await database.pool.query(
    `INSERT INTO captures
       (id, order_id, amount, currency, card_token, status, gateway_reference, requested_at, settled_at, version)
     VALUES ($1, $2, 100, 'EUR', 'tok', $3, $4, now() - $5::interval, ${done ? 'now()' : 'NULL'}, 1)`,
    [captureId, orderId, capture, done ? 'ref' : null, since],
  );
  await database.pool.query(
    `INSERT INTO payables (order_id, user_id, amount, currency, status, capture_id, capturing_since, version)
     VALUES ($1, $2, 100, 'EUR', $3, $4, now() - $5::interval, 2)`,
    [orderId, randomUUID(), payable, captureId, askedAt],
  );
  return { orderId, captureId };
}

const statusOf = async (orderId: string) =>
  (await database.pool.query<{ status: string }>('SELECT status FROM payables WHERE order_id = $1', [orderId])).rows[0]!
    .status;
const becomes = (orderId: string, status: string) =>
  eventually(async () => expect(await statusOf(orderId)).toBe(status), { withinMs: 5_000 });
/** Waits for one more complete run of the sweep. */
const sweepRuns = async () => becomes((await insertWaiting({ payable: 'capturing' })).orderId, 'captured');

it('captures or refunds the money when the message for it is lost', async () => {
  const [capturing, voiding, refunding] = [
    await insertWaiting({ payable: 'capturing' }),
    await insertWaiting({ payable: 'voiding' }),
    await insertWaiting({ payable: 'refunding', capture: 'captured' }),
  ];
  await start();
  await becomes(capturing.orderId, 'captured');
  await becomes(voiding.orderId, 'refunded');
  await becomes(refunding.orderId, 'refunded');
  // The facts are published after the commit that the database shows.
  await eventually(() => {
    for (const { orderId } of [capturing, voiding]) received.of(PaymentCaptured, (fact) => fact.orderId === orderId, 1);
    for (const { orderId } of [voiding, refunding]) received.of(PaymentRefunded, (fact) => fact.orderId === orderId, 1);
  });
});

it('does not repeat finished requests, recent ones, and a capture whose key the gateway may have dropped', async () => {
  const paid = await insertWaiting({ payable: 'captured', capture: 'captured' });
  const fresh = await insertWaiting({ payable: 'capturing', since: '0 seconds' });
  const slower = await insertWaiting({ payable: 'capturing', since: '1 hour', askedAt: '20 minutes' });
  const forgotten = await insertWaiting({ payable: 'capturing', since: '25 hours' });
  const all = [paid, slower, forgotten];
  const rows = async () =>
    (
      await database.pool.query('SELECT * FROM payables WHERE order_id = ANY($1) ORDER BY order_id', [
        all.map(({ orderId }) => orderId),
      ])
    ).rows as unknown[];
  const before = await rows();
  await start();
  await sweepRuns();
  await sweepRuns();
  expect(await rows()).toEqual(before);
  for (const { captureId } of all) expect(calls).not.toContain(`/captures ${captureId}`);
  await becomes(fresh.orderId, 'captured');
  expect(calls.filter((call) => call === `/captures ${fresh.captureId}`)).toHaveLength(1);
});

it('makes one dead letter of a refund that is refused for good, and does not request it again automatically', async () => {
  const { orderId, captureId } = await insertWaiting({ payable: 'refunding', capture: 'captured' });
  refused.add(`/refunds ${captureId}:refund`);
  await start();
  const letter = await eventually(async () => {
    const found = (await deadLetters(broker, 'payments.captures')).filter(({ body }) => body.includes(orderId));
    expect(found).toHaveLength(1);
    return found[0]!;
  });
  expect(letter.headers['reason']).toContain('422');
  for (let round = 0; round < 4; round += 1) await sweepRuns();
  expect(calls.filter((call) => call === `/refunds ${captureId}:refund`)).toHaveLength(1);
  expect(await statusOf(orderId)).toBe('refunding');
});

it('requests each once, though several processes sweep', async () => {
  await Promise.all([start(), start()]);
  const all = await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      insertWaiting(n % 2 ? { payable: 'capturing' } : { payable: 'refunding', capture: 'captured' }),
    ),
  );
  for (const [n, { orderId }] of all.entries()) await becomes(orderId, n % 2 ? 'captured' : 'refunded');
  await sweepRuns();
  for (const { orderId, captureId } of all) {
    expect(calls.filter((call) => call.includes(captureId)).length).toBeLessThanOrEqual(2);
    expect(
      received.of(PaymentCaptured, (fact) => fact.orderId === orderId).length +
        received.of(PaymentRefunded, (fact) => fact.orderId === orderId).length,
    ).toBe(1);
  }
});
