import { SpanStatusCode, trace } from '@opentelemetry/api';
import { Publisher } from '@sluice/messaging';
import { eventually, testBroker, testDatabase, type TestBroker } from '@sluice/testing';
import { idOf, parentOf, recordSpans, traceparentOf, type Recorder } from '@sluice/testing/spans';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { OutboxRelay, UnitOfWork } from './index.js';
import {
  Deposit,
  depositInto,
  messageOf,
  openBank,
  POISON,
  schemaSql,
  tables,
  type Bank,
  type BankUnit,
} from './testing/bank.js';

let bank: Bank;
let broker: TestBroker;
let publisher: Publisher;
let spans: Recorder;
beforeAll(async () => {
  bank = openBank(await testDatabase('bank', { schemaSql }));
  broker = await testBroker();
  publisher = new Publisher({ url: broker.url });
  await eventually(() => expect(publisher.ready).toBe(true));
});
beforeEach(async () => {
  await bank.clear();
  spans = recordSpans();
});
afterEach(() => spans.close());
afterAll(async () => {
  await publisher.close();
  await Promise.all([bank.close(), broker.close()]);
});

/** Handles a message like a consumer: in the span of its handler, with a message whose traceparent names that span. */
const handle = (name: string, unit: BankUnit, amount = 1) =>
  spans.within(name, () =>
    depositInto(
      unit,
      messageOf(Deposit, { account: name, amount }, { traceparent: traceparentOf(trace.getActiveSpan()!) }),
    ),
  );
const published = (count: number) =>
  eventually(() => {
    const found = spans.named('account.deposited publish');
    expect(found).toHaveLength(count);
    return found;
  });

it('the span of a published batch is linked to the handlers of its facts, and each fact keeps its own cause', async () => {
  const relay = new OutboxRelay({ pool: bank.pool, publisher });
  const unit = new UnitOfWork({ pool: bank.pool, relay, source: 'bank', tables });
  const names = ['ann', 'bob', 'cho'];
  await Promise.all(names.map((name) => handle(name, unit)));
  const [batch] = await published(1);
  const handlers = await Promise.all(names.map(spans.one));
  expect(batch!.links.map(({ context }) => `${context.traceId} ${context.spanId}`)).toEqual(handlers.map(idOf));
  expect([parentOf(batch!), batch!.attributes['messaging.batch.message_count']]).toEqual([undefined, 3]);
  await relay.stop();
});

it('the span of a message published alone is a child of its own handler, whatever its batch committed', async () => {
  const relay = new OutboxRelay({ pool: bank.pool, publisher });
  const unit = new UnitOfWork({ pool: bank.pool, relay, source: 'bank', tables, publishBatches: false });
  const names = ['ann', 'bob', 'cho'];
  await Promise.all(names.map((name) => handle(name, unit)));
  const found = await published(3);
  expect(found.map(parentOf).sort()).toEqual((await Promise.all(names.map(spans.one))).map(idOf).sort());
  expect(spans.named('commit')).toHaveLength(1);
  await relay.stop();
});

it('a message that a crash has left in the outbox keeps its trace when another process publishes it', async () => {
  await handle('ann', bank.open());
  await bank.rows(`UPDATE outbox SET created_at = created_at - interval '1 hour'`);
  const [left] = await bank.rows(`SELECT wire->'properties'->'headers'->>'traceparent' AS traceparent FROM outbox`);
  const handler = await spans.one('ann');
  expect(left).toEqual({ traceparent: traceparentOf(handler) });
  const relay = new OutboxRelay({ pool: bank.pool, publisher });
  relay.start();
  expect((await published(1)).map(parentOf)).toEqual([idOf(handler)]);
  await relay.stop();
});

it('a commit is linked with all its handlers, in both directions, and has no parent', async () => {
  const unit = bank.open();
  const names = ['ann', 'bob', 'cho'];
  await Promise.all(names.map((name) => handle(name, unit)));
  const handlers = await Promise.all(names.map(spans.one));
  const commit = await spans.one('commit');
  expect(parentOf(commit)).toBeUndefined();
  expect(commit.attributes).toEqual({ 'sluice.batch.messages': 3 });
  expect(commit.links.map(({ context }) => `${context.traceId} ${context.spanId}`)).toEqual(handlers.map(idOf));
  expect(handlers.map(({ links }) => links.map(({ context }) => context.spanId))).toEqual(
    handlers.map(() => [commit.spanContext().spanId]),
  );
});

it('a failed commit has a span with the error, and messages that are tried one by one have one span each', async () => {
  const unit = bank.open();
  const results = await Promise.allSettled([handle('ann', unit), handle('bob', unit, POISON)]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  const commits = spans
    .named('commit')
    .map(({ attributes, status }) => [attributes['sluice.batch.messages'], status.code]);
  expect(commits).toEqual([
    [2, SpanStatusCode.ERROR],
    [1, SpanStatusCode.UNSET],
    [1, SpanStatusCode.ERROR],
  ]);
});

it('without an SDK nothing is traced, and everything else works', async () => {
  await spans.close();
  expect(await depositInto(bank.open(), messageOf(Deposit, { account: 'ann', amount: 2 }))).toBe(2);
  const [row] = await bank.rows(`SELECT wire->'properties'->'headers' AS headers FROM outbox`);
  expect(row!['headers']).not.toHaveProperty('traceparent');
});
