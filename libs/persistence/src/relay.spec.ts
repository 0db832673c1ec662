import { EXCHANGES } from '@sluice/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import { factsOf, Publisher, type WireMessage } from '@sluice/messaging';
import { eventually, testBroker, testDatabase, type TestBroker } from '@sluice/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { committedRows } from './committed-rows.js';
import { newId, OutboxRelay, UnitOfWork } from './index.js';
import type { OutboxRow } from './outbox.js';
import { sweep } from './sweep.js';
import {
  Balance,
  Deposit,
  depositInto,
  messageOf,
  openBank,
  POISON,
  schemaSql,
  tables,
  type Bank,
} from './testing/bank.js';
import { openCable } from './testing/cable.js';

let bank: Bank;
let broker: TestBroker;
let cable: Awaited<ReturnType<typeof openCable>>;
/** Ids of all events received so far, in order, including duplicates; of a batch, those of its facts. */
const received: string[] = [];
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  bank = openBank(await testDatabase('bank', { schemaSql }));
  broker = await testBroker();
  await listen();
  cable = await openCable(broker.url);
});
afterAll(() => Promise.all([bank.close(), broker.close(), cable.close()]));
beforeEach(async () => {
  await bank.clear();
  received.length = 0;
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listen(): Promise<void> {
  const channel = await broker.connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, EXCHANGES.events, '#');
  await channel.consume(
    queue,
    (message) => message && received.push(...factsOf(message).map(({ properties }) => properties.messageId as string)),
    { noAck: true },
  );
}

async function publisherAt(url: string): Promise<Publisher> {
  const publisher = new Publisher({ url });
  closing.push(() => publisher.close());
  await eventually(() => expect(publisher.ready).toBe(true));
  return publisher;
}

function relayOver(publisher: Publisher, options = {}): OutboxRelay {
  const relay = new OutboxRelay({ pool: bank.pool, publisher, ...options });
  closing.push(() => relay.stop());
  return relay;
}

const deposits = (count: number) =>
  Array.from({ length: count }, (_, index) => messageOf(Deposit, { account: `a${index % 10}`, amount: 1 }));
/** Commits like a process that crashes before it publishes; each message is a row of its own. */
const commitAndCrash = async (count: number): Promise<void> => {
  const unit = bank.open({ publishBatches: false });
  await Promise.all(deposits(count).map((message) => depositInto(unit, message)));
};
const age = () => bank.rows(`UPDATE outbox SET created_at = created_at - interval '1 hour'`);
/** Makes every statement about the outbox fail while the callback runs. */
async function withoutOutbox(work: () => Promise<unknown>): Promise<void> {
  await bank.rows('ALTER TABLE outbox RENAME TO outbox_away');
  await work();
  await bank.rows('ALTER TABLE outbox_away RENAME TO outbox');
}
/** Records for each deleted message whether its transaction has also inserted one. */
const RECORD_DELETES = `
  CREATE TABLE deletes (id uuid, also_inserts boolean);
  CREATE FUNCTION record_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO deletes SELECT old.id, EXISTS (SELECT FROM outbox WHERE xmin = pg_current_xact_id()::xid);
    RETURN NULL; END $$;
  CREATE TRIGGER recorded AFTER DELETE ON outbox FOR EACH ROW EXECUTE FUNCTION record_delete();`;
const published = (count: number) =>
  eventually(
    async () =>
      expect([received.length, new Set(received).size, await bank.count('outbox')]).toEqual([count, count, 0]),
    { withinMs: 20_000 },
  );

describe('after a commit', () => {
  it('publishes at once, without a sweep, and deletes what the broker has confirmed', async () => {
    const unit = new UnitOfWork({
      pool: bank.pool,
      relay: relayOver(await publisherAt(broker.url)),
      source: 'bank',
      tables,
    });
    await Promise.all(deposits(300).map((message) => depositInto(unit, message)));
    await published(300);
  });

  it('publishes nothing that its own process handles with the rows of its commit, and deletes it then', async () => {
    const handled: unknown[] = [];
    let finish = (): void => {};
    const end = new Promise<void>((resolve) => (finish = resolve));
    const handleHere = async ({ properties }: WireMessage): Promise<boolean> => {
      handled.push(committedRows(bank.pool).take(properties.messageId)?.rowOf(tables.accounts, 'a0'));
      await end;
      return true;
    };
    const relay = relayOver(await publisherAt(broker.url), { handleHere, publishDeadlineMs: 0, marginMs: 0 });
    const unit = new UnitOfWork({ pool: bank.pool, relay, source: 'bank', tables, publishBatches: false });
    await Promise.all(deposits(3).map((message) => depositInto(unit, message)));
    expect(handled).toEqual(Array(3).fill(expect.objectContaining({ id: 'a0', balance: 1 })));
    relay.start(); // its sweep leaves to the handlers what they still handle
    expect(await bank.count('outbox')).toBe(3);
    finish();
    await eventually(async () => expect(await bank.count('outbox')).toBe(0));
    expect(received).toEqual([]);
  });

  it('does not wait for capacity that only its own commits could free', async () => {
    let last: Promise<unknown> = Promise.resolve();
    // One after the other, as a consumer handles no more than its prefetch at once.
    const handleHere = (): Promise<boolean> => {
      const handled = last.then(() => unit.change(messageOf(Balance, { account: 'x' }), {}, () => ({})));
      last = handled;
      return handled.then(() => true);
    };
    const relay = relayOver(await publisherAt(broker.url), { handleHere });
    const unit: UnitOfWork<typeof tables> = new UnitOfWork({
      ...{ pool: bank.pool, relay, source: 'bank', tables, publishBatches: false },
    });
    // More than the relay holds in memory.
    await Promise.all(deposits(7_000).map((message) => depositInto(unit, message)));
    await last;
  });

  it('publishes what its own process does not handle after all, or is not there to handle', async () => {
    const answers = [undefined, Promise.resolve(false)];
    const relay = relayOver(await publisherAt(broker.url), { handleHere: () => answers.shift() });
    const unit = new UnitOfWork({ pool: bank.pool, relay, source: 'bank', tables, publishBatches: false });
    await Promise.all(deposits(2).map((message) => depositInto(unit, message)));
    await published(2);
    expect(answers).toEqual([]);
  });

  it('deletes what is confirmed with the next commit, and without one alone', async () => {
    await bank.rows(RECORD_DELETES);
    onTestFinished(
      async () => void (await bank.rows('DROP TABLE deletes CASCADE; DROP FUNCTION record_delete CASCADE')),
    );
    const relay = relayOver(await publisherAt(broker.url));
    const unit = new UnitOfWork({ pool: bank.pool, relay, source: 'bank', tables });
    await depositInto(unit, deposits(1)[0]!);
    // Confirmed in any of the rounds, and then deleted by the next one.
    await eventually(async () => {
      await depositInto(unit, deposits(1)[0]!);
      expect(await bank.rows('SELECT FROM deletes WHERE also_inserts')).not.toEqual([]);
    });
    await bank.rows('DELETE FROM deletes');
    await eventually(async () => expect(await bank.count('outbox')).toBe(0));
    expect(await bank.rows('SELECT DISTINCT also_inserts FROM deletes')).toEqual([{ also_inserts: false }]);
  });

  it('deletes what is confirmed even when the commit that would delete it fails, or has nothing to commit', async () => {
    const relay = relayOver(await publisherAt(broker.url));
    const unit = new UnitOfWork({ pool: bank.pool, relay, source: 'bank', tables });
    const refuse = () => {
      throw new Error('no');
    };
    const failing = [
      () => depositInto(unit, messageOf(Deposit, { account: 'a', amount: POISON })),
      () => unit.change(messageOf(Balance, { account: 'x' }), {}, refuse),
    ];
    for (const fail of failing) {
      received.length = 0;
      await depositInto(unit, deposits(1)[0]!);
      await eventually(() => expect(received).toHaveLength(1));
      // Without end, so that an id which went back to wait for a commit would never be deleted.
      let done = false;
      const failures = (async () => {
        while (!done) await fail().catch(() => undefined);
      })();
      await eventually(async () => expect(await bank.count('outbox')).toBe(0)).finally(() => (done = true));
      await failures;
    }
  });

  it('publishes nothing of a transaction that failed, alone or in a batch', async () => {
    const relay = relayOver(await publisherAt(broker.url));
    const unit = new UnitOfWork({ pool: bank.pool, relay, source: 'bank', tables });
    const poison = () => depositInto(unit, messageOf(Deposit, { account: 'a', amount: POISON }));
    await expect(poison()).rejects.toThrow(/unlucky/);
    const results = await Promise.allSettled([...deposits(20).map((message) => depositInto(unit, message)), poison()]);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    await relay.stop();
    await eventually(() => expect(received.length).toBeGreaterThanOrEqual(20));
    expect([received.length, await bank.count('outbox')]).toEqual([20, 0]);
  });

  it('retries at once a message that a queue refused for a moment', async () => {
    const channel = await broker.connection.createChannel();
    const full = { 'x-queue-type': 'classic', 'x-max-length': 1, 'x-overflow': 'reject-publish' };
    const { queue } = await channel.assertQueue('', { exclusive: true, arguments: full });
    await channel.bindQueue(queue, EXCHANGES.events, '#');
    onTestFinished(async () => {
      await channel.deleteQueue(queue);
      await channel.close();
    });
    channel.sendToQueue(queue, Buffer.from('in the way'));
    const neverSweeps = relayOver(await publisherAt(broker.url), { sweepEveryMs: 60_000 });
    const unit = new UnitOfWork({ pool: bank.pool, relay: neverSweeps, source: 'bank', tables });
    await depositInto(unit, deposits(1)[0]!);
    await eventually(() => expect(received.length).toBeGreaterThan(1)); // by others, each time
    expect(await bank.count('outbox')).toBe(1);
    await channel.deleteQueue(queue);
    await eventually(async () => expect([new Set(received).size, await bank.count('outbox')]).toEqual([1, 0]));
  });

  it('finishes what is in flight before it stops', async () => {
    const relay = relayOver(await publisherAt(broker.url));
    const unit = new UnitOfWork({ pool: bank.pool, relay, source: 'bank', tables });
    await Promise.all(deposits(300).map((message) => depositInto(unit, message)));
    await relay.stop();
    expect(await bank.count('outbox')).toBe(0);
  });

  it('publishes from memory when a lost connection is back, without waiting for a sweep', async () => {
    const unit = new UnitOfWork({
      pool: bank.pool,
      relay: relayOver(await publisherAt(cable.url)),
      source: 'bank',
      tables,
    });
    cable.cut();
    await Promise.all(deposits(50).map((message) => depositInto(unit, message)));
    expect(await bank.count('outbox')).toBe(50);
    cable.mend();
    await published(50);
  });

  it('has no capacity while the maximum number of messages in memory is published but not deleted', async () => {
    await commitAndCrash(1);
    await bank.rows(
      'INSERT INTO outbox (id, wire) SELECT gen_random_uuid(), wire FROM outbox, generate_series(1, 4999)',
    );
    const rows = (await bank.rows('SELECT id, wire FROM outbox')) as unknown as OutboxRow[];
    // Deletes wait for the only connection: a lock would end them after a second, and publishing may take longer.
    const pool = new pg.Pool({ ...bank.pool.options, max: 1, connectionTimeoutMillis: 0 });
    closing.push(() => pool.end());
    const relay = relayOver(await publisherAt(broker.url), { pool });
    const only = await pool.connect();
    relay.forward(rows);
    await eventually(() => expect(received.length).toBe(5_000));
    const capacity = relay.untilCapacity().then(() => 'capacity');
    expect(await Promise.race([capacity, pause(200, 'none')])).toBe('none');
    only.release();
    expect(await capacity).toBe('capacity');
    await eventually(async () => expect(await bank.count('outbox')).toBe(0));
  });

  it('keeps a bounded number in memory while the broker is down, and commits go on', async () => {
    const publisher = await publisherAt(cable.url);
    const relay = relayOver(publisher);
    cable.cut();
    await eventually(() => expect(publisher.ready).toBe(false));
    await commitAndCrash(1);
    const [{ wire }] = (await bank.rows('SELECT wire FROM outbox')) as [{ wire: never }];
    const rows = (length: number) => Array.from({ length }, () => ({ id: newId(), wire }));
    relay.forward(rows(6_000));
    relay.forward(rows(10));
    await relay.untilCapacity();
    cable.mend();
    await eventually(() => expect(received.length).toBe(5_000));
    await relay.stop();
    expect(received.length).toBe(5_000);
  });

  it('leaves messages that it cannot publish in time to the next start', async () => {
    const relay = relayOver(await publisherAt(cable.url), { publishDeadlineMs: 60_000 });
    cable.holdAnswers();
    closing.push(async () => cable.letAnswersThrough());
    await depositInto(new UnitOfWork({ pool: bank.pool, relay, source: 'bank', tables }), deposits(1)[0]!);
    await relay.stop(50);
    expect(await bank.count('outbox')).toBe(1);
  });

  it('has nothing left to finish when it could not delete the published messages', async () => {
    const relay = relayOver(await publisherAt(broker.url));
    await commitAndCrash(1);
    const rows = (await bank.rows('SELECT id, wire FROM outbox')) as unknown as OutboxRow[];
    await withoutOutbox(async () => {
      relay.forward(rows);
      await eventually(() => expect(received).toEqual([rows[0]!.id]));
      await relay.stop(60_000);
    });
    expect(await bank.count('outbox')).toBe(1);
  });
});

describe('a sweep', () => {
  it('does nothing without a broker, or when the relay is stopping', async () => {
    await commitAndCrash(1);
    const nowhere = new Publisher({ url: 'amqp://127.0.0.1:1' });
    closing.push(() => nowhere.close());
    expect(await sweep(bank.pool, nowhere, -60_000, () => true)).toEqual({ published: 0, refused: 0 });
    expect(await sweep(bank.pool, await publisherAt(broker.url), -60_000, () => false)).toEqual({
      published: 0,
      refused: 0,
    });
    expect(await bank.count('outbox')).toBe(1);
  });

  it('fails with the database, and the next one works on the same pool', async () => {
    await commitAndCrash(1);
    const one = new pg.Pool({ ...bank.pool.options, max: 1 });
    closing.push(() => one.end());
    const publisher = await publisherAt(broker.url);
    await withoutOutbox(() => expect(sweep(one, publisher, -60_000, () => true)).rejects.toThrow('outbox'));
    expect(await sweep(one, publisher, -60_000, () => true)).toMatchObject({ published: 1 });
    expect(one.idleCount).toBe(1);
  });

  it('publishes messages that a crash has left in the outbox', async () => {
    await commitAndCrash(500);
    await age();
    relayOver(await publisherAt(broker.url)).start();
    await published(500);
  });

  it('runs when the broker is back', async () => {
    await commitAndCrash(20);
    await age();
    cable.cut();
    const publisher = new Publisher({ url: cable.url });
    closing.push(() => publisher.close());
    relayOver(publisher, { sweepEveryMs: 600_000 }).start();
    await eventually(async () => expect([publisher.ready, await bank.count('outbox')]).toEqual([false, 20]));
    cable.mend();
    await published(20);
  });

  it('runs every few seconds', async () => {
    relayOver(await publisherAt(broker.url), { sweepEveryMs: 10 }).start();
    await commitAndCrash(20);
    await age();
    await published(20);
  });

  it('shares the work with other sweeps: no message is published twice', async () => {
    await commitAndCrash(1_000);
    await age();
    const publishers = await Promise.all([publisherAt(broker.url), publisherAt(broker.url)]);
    const [one, two] = await Promise.all(publishers.map((publisher) => sweep(bank.pool, publisher, 0, () => true)));
    expect([one!.published > 0, two!.published > 0, one!.published + two!.published]).toEqual([true, true, 1_000]);
    await published(1_000);
  });

  it('skips messages that another process may be publishing', async () => {
    await commitAndCrash(3);
    const publisher = await publisherAt(broker.url);
    expect(await sweep(bank.pool, publisher, 5_000, () => true)).toMatchObject({ published: 0, refused: 0 });
    expect(await sweep(bank.pool, publisher, 0, () => true)).toMatchObject({ published: 3, refused: 0 });
  });

  it('skips messages that its own process is publishing, whatever their age', async () => {
    const publisher = await publisherAt(cable.url);
    const relay = relayOver(publisher, { sweepEveryMs: 10, publishDeadlineMs: 60_000 });
    const [mine, left] = deposits(2) as [ReturnType<typeof messageOf>, ReturnType<typeof messageOf>];
    cable.holdAnswers();
    closing.push(async () => cable.letAnswersThrough());
    await depositInto(new UnitOfWork({ pool: bank.pool, relay, source: 'bank', tables }), mine);
    await eventually(() => expect(received).toHaveLength(1)); // and its confirm does not come
    const [own] = received;
    await age();
    await depositInto(bank.open(), left);
    await age();
    relay.start();
    await eventually(() => expect(new Set(received).size).toBe(2));
    expect(received.filter((id) => id === own)).toHaveLength(1);
    cable.letAnswersThrough();
    await eventually(async () => expect(await bank.count('outbox')).toBe(0));
    expect(received.filter((id) => id === own)).toHaveLength(1);
  });

  it('skips messages that are not older than the publish deadline plus the margin', async () => {
    await commitAndCrash(2);
    const agedBy = (seconds: number, offset: number) =>
      bank.rows(
        `UPDATE outbox SET created_at = now() - $1 * interval '1 second'
         WHERE id = (SELECT id FROM outbox ORDER BY id OFFSET $2 LIMIT 1) RETURNING id`,
        [seconds, offset],
      );
    const [[old], [young]] = [await agedBy(300, 0), await agedBy(150, 1)];
    relayOver(await publisherAt(broker.url), { publishDeadlineMs: 100_000, marginMs: 100_000 }).start();
    await eventually(async () => expect(await bank.count('outbox')).toBe(1));
    expect([received, await bank.rows('SELECT id FROM outbox')]).toEqual([[old!['id']], [young]]);
  });

  it('skips a message that the broker refuses, and keeps it', async () => {
    const unit = bank.open();
    const nobodyTakes = () =>
      unit.change(messageOf(Balance, { account: 'x' }), {}, () => ({ messages: [Balance({ account: 'x' })] }));
    await Promise.all(Array.from({ length: 250 }, nobodyTakes));
    await commitAndCrash(5);
    const swept = await sweep(bank.pool, await publisherAt(broker.url), -60_000, () => true);
    expect([swept, await bank.count('outbox')]).toEqual([
      { published: 5, refused: 250, reason: expect.objectContaining({ reason: 'unroutable' }) },
      250,
    ]);
  });
});

it('publishes from memory the messages that were in flight when the connection broke, repeatedly', async () => {
  const unit = new UnitOfWork({
    pool: bank.pool,
    relay: relayOver(await publisherAt(cable.url)),
    source: 'bank',
    tables,
  });
  for (let round = 0; round < 4; round++) {
    const before = received.length;
    const load = Promise.all(deposits(250).map((message) => depositInto(unit, message)));
    await eventually(() => expect(received.length).toBeGreaterThan(before));
    cable.cut();
    await load;
    cable.mend();
  }
  await eventually(async () => expect([new Set(received).size, await bank.count('outbox')]).toEqual([1_000, 0]), {
    withinMs: 25_000,
  });
});
