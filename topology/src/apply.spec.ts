import { EXCHANGES, ClaimPiece, GetOrder, OrderCompleted, OrderPlaced, type Topology } from '@sluice/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyTopology } from './apply.js';
import { DriftError } from './drift.js';
import { emptyVhost, type Vhost } from './testing/vhost.js';
import { topology } from './topology.js';

const services = { orders: { queries: [GetOrder] }, inventory: { events: [OrderPlaced] } };
const map = topology({ retryTiersMs: [50], services });

const NONE = { sentHome: {}, left: {} };

let broker: Vhost;
beforeAll(async () => {
  broker = await emptyVhost();
  await applyTopology(broker.url, map);
});
afterAll(() => broker.close());

const apply = (to: Topology, prune = false) =>
  applyTopology(broker.url, to, { managementUrl: broker.managementUrl, prune, statisticsWithinMs: 0 });
const withQueue = (name: string, args: Record<string, string | number>): Topology => ({
  ...map,
  queues: [...map.queues, { name, arguments: { 'x-queue-type': 'quorum', ...args } }],
  bindings: [...map.bindings, { source: 'shop.events', to: 'queue', destination: name, key: 'order.*', arguments: {} }],
});

describe('applying the topology', () => {
  it('changes nothing the second time, and reports that', async () => {
    expect(await apply(map)).toEqual({ created: [], stale: [], dry: [], pruned: [], kept: {}, undeliverable: NONE });
  });

  it('reports what it created: exchange, queue and binding', async () => {
    const { created } = await apply(topology({ retryTiersMs: [50, 70], services }));
    expect(created).toEqual([
      'exchange shop.retry-tier.70 (topic)',
      'queue inventory.retry.70',
      'binding shop.retry-tier.70 --inventory.#--> inventory.retry.70',
    ]);
  });

  it('applies without the management API, and reports that it could not list', async () => {
    expect(await applyTopology(broker.url, map)).toEqual({
      created: undefined,
      stale: [],
      dry: [],
      pruned: [],
      kept: {},
      undeliverable: NONE,
    });
  });

  it('refuses a drifted queue with argument, found and wanted value, and applies the rest', async () => {
    await apply(withQueue('audit.events', { 'x-max-length': 10 }));
    const changed = withQueue('audit.events', { 'x-max-length': 20 });
    const error = await apply({
      ...changed,
      queues: [...changed.queues, { name: 'audit.more', arguments: { 'x-queue-type': 'quorum' } }],
    }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DriftError);
    expect((error as DriftError).drifts).toEqual([
      { what: 'queue', name: 'audit.events', argument: 'x-max-length', wanted: '20', found: '10' },
    ]);
    expect((error as DriftError).message).toContain('libs/contracts/src/kit/layout.ts');
    expect((error as DriftError).message).toContain(
      'stop every process of audit and run "npm run topology -- switch audit.events"',
    );
    expect(await broker.depth('audit.more')).toBe(0);
  });

  it('refuses a drifted exchange too, with the same details', async () => {
    const changed = {
      ...map,
      exchanges: map.exchanges.map((one) => (one.name === 'shop.commands' ? { ...one, type: 'topic' as const } : one)),
    };
    await expect(apply(changed)).rejects.toMatchObject({
      drifts: [{ what: 'exchange', name: 'shop.commands', argument: 'type', wanted: 'topic', found: 'direct' }],
    });
  });

  it('reports objects that are not on the map, and leaves them', async () => {
    await apply(withQueue('stale.events', {}));
    expect((await apply(map)).stale).toContain('queue stale.events');
    expect(await broker.depth('stale.events')).toBe(0);
  });

  it('prunes objects that are not on the map, except queues that hold messages', async () => {
    await apply(withQueue('full.events', {}));
    await apply(withQueue('empty.events', {}));
    broker.channel.sendToQueue('full.events', Buffer.from('{}'));
    await broker.channel.waitForConfirms();

    const { pruned, stale } = await apply(map, true);

    expect(stale).toContain('queue full.events');
    expect(pruned).toContain('queue empty.events');
    expect(await broker.depth('full.events')).toBe(1);
    expect(await broker.queueNames()).not.toContain('empty.events');
    await broker.channel.deleteQueue('full.events');
    expect((await apply(map, true)).stale).toEqual([]);
  });
});

describe('timer queues', () => {
  const windowOf = (seconds: number) => `orders.payment-window.${seconds * 1_000}`;

  it('are kept, listed when they are empty and no setting uses them, and then pruned', async () => {
    for (const seconds of [5, 7, 1_800]) await broker.channel.assertQueue(windowOf(seconds), { durable: true });
    broker.channel.sendToQueue(windowOf(7), Buffer.from('{}'));
    await broker.channel.waitForConfirms();
    const options = { managementUrl: broker.managementUrl, timersInUse: [windowOf(1_800)], statisticsWithinMs: 0 };

    expect(await applyTopology(broker.url, map, options)).toMatchObject({ stale: [], dry: [`queue ${windowOf(5)}`] });
    expect(await applyTopology(broker.url, map, { ...options, prune: true })).toMatchObject({
      dry: [],
      pruned: [`queue ${windowOf(5)}`],
    });

    expect(await broker.depth(windowOf(7))).toBe(1);
    const left = await broker.queueNames();
    expect([left.includes(windowOf(5)), left.includes(windowOf(1_800))]).toEqual([false, true]);
  });
});

describe('a bounded queue', () => {
  const bound = (flashSaleQueueLimit: number) =>
    topology({ retryTiersMs: [50], services: { 'flash-sale': { claims: [ClaimPiece] } }, flashSaleQueueLimit });
  const limit = async (limit: number) =>
    apply(bound(limit)).then(
      () => 'applied',
      (error: Error) => error.message,
    );

  it('has the configured length, which can change while it is empty, and is refused otherwise', async () => {
    expect([await limit(10), await limit(20)]).toEqual(['applied', 'applied']);
    broker.channel.sendToQueue('flash-sale.claims', Buffer.from('{}'));
    await broker.channel.waitForConfirms();
    expect(await limit(20)).toBe('applied');
    expect(await limit(30)).toContain('flash-sale.claims exists with x-max-length: 20, and the map wants 30');
    expect(await broker.depth('flash-sale.claims')).toBe(1);
  });
});

describe('replicated queues', () => {
  it('replace the queues on a single node, while these are empty', async () => {
    const one = { retryTiersMs: [50], services: { orders: { queries: [GetOrder] } } };
    expect(
      await apply(topology({ ...one, replicated: true })).then(
        () => 'applied',
        (error: Error) => error.message,
      ),
    ).toBe('applied');
    expect((await (await broker.call('GET', `queues/${broker.name}/orders.queries`)).json()) as object).toMatchObject({
      arguments: { 'x-queue-type': 'quorum' },
    });
    await expect(apply(topology(one))).rejects.toMatchObject({
      drifts: [{ name: 'orders.queries', argument: 'x-queue-type', wanted: 'classic', found: 'quorum' }],
    });
    await broker.channel.deleteQueue('orders.queries');
    await apply(topology(one));
  });
});

describe('events', () => {
  it('without a subscriber are kept and counted, unless their contract is optional', async () => {
    const { channel } = broker;
    for (const type of ['nobody.listens', OrderCompleted.type])
      channel.publish(EXCHANGES.events, type, Buffer.from('{}'), { type });
    await channel.waitForConfirms();

    expect(await broker.depth(EXCHANGES.unrouted)).toBe(1);
    expect(await channel.get(EXCHANGES.unrouted)).toMatchObject({ properties: { type: 'nobody.listens' } });
  });
});

describe('an unreachable broker', () => {
  it('is an error without a wait', async () => {
    await expect(applyTopology('amqp://127.0.0.1:1', map)).rejects.toThrow();
  });
});
