import { randomUUID } from 'node:crypto';
import { AccountVerified, OrderShipped } from '@sluice/contracts';
import { broken, type Service, startService } from '@sluice/service-kit';
import { eventually, publish, type TestBroker, testBroker, type TestDatabase, testDatabase } from '@sluice/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { NotificationsConfig } from './config.js';
import { AUDITED } from './invariants.js';
import { NotificationsModule } from './notifications.module.js';
import { deliveryId } from './composition.js';
import { FakeProvider } from './provider.fake.js';

/** Two processes sweep the database every 100 ms for texts that are overdue after 10 minutes. */
let broker: TestBroker;
let database: TestDatabase;
let services: Service[];
const calls = vi.spyOn(FakeProvider.prototype, 'send');
beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker({ tiersMs: [100] }), testDatabase('notifications')]);
  const start = () =>
    startService(
      { name: 'notifications', module: NotificationsModule, config: NotificationsConfig, database: true },
      {
        DATABASE_URL: database.url,
        AMQP_URL: broker.url,
        LOG_LEVEL: 'silent',
        RETRY_TIERS_MS: '100',
        OUTSIDE_TIERS_MS: '100',
        TEXT_SWEEP_MS: '100',
      },
    );
  services = await Promise.all([start(), start()]);
});
afterAll(async () => {
  await Promise.all((services ?? []).map((service) => service.stop()));
  await Promise.all([broker?.close(), database?.close()]);
});

/** Inserts a text that was decided some minutes ago, and whose message is lost. */
async function insertLost(minutes: number): Promise<string> {
  const id = randomUUID();
  const ago = `now() - interval '${minutes} minutes'`;
  await database.pool.query(
    `INSERT INTO texts (id, user_id, about, text, phone, created_at, asked_at, version)
     VALUES ($1, $2, 'orders/1', 'Hello', '+15550001', ${ago}, ${ago}, 1)`,
    [id, randomUUID()],
  );
  return id;
}
const row = async (table: 'texts' | 'deliveries', id: string) =>
  (await database.pool.query(`SELECT * FROM ${table} WHERE id = $1`, [id])).rows[0] as
    Record<string, unknown> | undefined;
const sentAgain = (id: string) => calls.mock.calls.filter(([text]) => text.id === id);
/** Waits until the sweep has handled all that was overdue before. */
const swept = async () => {
  const id = await insertLost(11);
  await eventually(async () => expect(await row('deliveries', id)).toMatchObject({ status: 'kept' }));
};

it('sends a text whose message was lost again, once, under its id, and deletes it later', async () => {
  const id = await insertLost(11);
  await eventually(async () =>
    expect(await row('deliveries', id)).toMatchObject({ status: 'kept', channel: 'sms', text: 'Hello' }),
  );
  await swept();
  expect(sentAgain(id)).toHaveLength(1);
  await database.pool.query(`UPDATE texts SET asked_at = now() - interval '11 minutes' WHERE id = $1`, [id]);
  await eventually(async () => expect(await row('texts', id)).toBeUndefined());
  await swept();
  expect(sentAgain(id)).toHaveLength(1);
});

it('does not send a recent text again, and keeps it in case its message is lost', async () => {
  const [userId, orderId] = [randomUUID(), randomUUID()];
  await publish(broker, AccountVerified, { userId, phone: '+15550001', version: 2 });
  await publish(broker, OrderShipped, { userId, orderId, version: 3 });
  const id = deliveryId(`orders/${orderId}/${OrderShipped.type}`, userId, 'sms');
  await eventually(async () => expect(await row('deliveries', id)).toMatchObject({ status: 'kept' }));
  expect(await row('texts', id)).toMatchObject({
    user_id: userId,
    about: `orders/${orderId}`,
    phone: '+15550001',
    version: 1,
  });
  await swept();
  expect([sentAgain(id).length, (await row('texts', id))!['version']]).toEqual([1, 1]);
});

it('sends a text that still waits although the number of its person has arrived', async () => {
  const [id, userId] = [randomUUID(), randomUUID()];
  await database.pool.query(
    `INSERT INTO texts (id, user_id, about, text, asked_at, version) VALUES ($1, $2, 'orders/1', 'Hello', NULL, 1)`,
    [id, userId],
  );
  await swept();
  expect([sentAgain(id), await row('deliveries', id)]).toEqual([[], undefined]);
  await database.pool.query(
    `INSERT INTO recipients (user_id, phone, verified_at, version) VALUES ($1, '+15550001', now(), 1)`,
    [userId],
  );
  await eventually(async () => expect(await row('deliveries', id)).toMatchObject({ status: 'kept', channel: 'sms' }));
  expect([sentAgain(id).length, (await row('texts', id))!['phone']]).toEqual([1, '+15550001']);
});

it('lets a text without an outcome expire after a day', async () => {
  const id = await insertLost(1_441);
  await eventually(async () => expect(await row('deliveries', id)).toMatchObject({ status: 'expired', sent_at: null }));
  expect(sentAgain(id)).toEqual([]);
});

it.each([
  ['14 minutes', 14, false],
  ['16 minutes', 16, true],
])('the audit checks a text without an outcome after %s', async (_, minutes, named) => {
  const id = await insertLost(minutes);
  const { rows } = await database.pool.query(
    `UPDATE texts SET asked_at = now() + interval '1 hour' WHERE id = $1 RETURNING id`,
    [id],
  );
  expect(rows).toHaveLength(1);
  await database.pool.query('DELETE FROM deliveries WHERE id = $1', [id]);
  const found = await broken(
    database.pool,
    AUDITED.find(({ name }) => name === 'texts_sent')!,
    10,
  );
  expect(found.includes(id)).toBe(named);
});
