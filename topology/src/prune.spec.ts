import { EXCHANGES, OrderPlaced } from '@sluice/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyTopology } from './apply.js';
import { whyKept } from './prune.js';
import { emptyVhost, type Vhost } from './testing/vhost.js';
import { topology } from './topology.js';

const TIER_MS = 60_000;
const listensTo = (...services: string[]) =>
  topology({
    retryTiersMs: [TIER_MS],
    services: Object.fromEntries(services.map((service) => [service, { events: [OrderPlaced] }])),
  });
const map = listensTo('inventory');

let broker: Vhost;
beforeEach(async () => (broker = await emptyVhost()));
afterEach(() => broker.close());

async function publish(exchange: string, key: string): Promise<void> {
  broker.channel.publish(exchange, key, Buffer.from('{}'), { persistent: true });
  await broker.channel.waitForConfirms();
}

/** A former tier shared by all services: messages return to their queue over the default exchange. */
async function sharedTier(ms: number): Promise<void> {
  const { channel } = broker;
  const args = {
    'x-queue-type': 'quorum',
    'x-message-ttl': ms,
    'x-dead-letter-exchange': '',
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  };
  await channel.assertExchange(`shop.retry.${ms}`, 'fanout');
  await channel.assertQueue(`shop.retry.${ms}`, { durable: true, arguments: args });
  await channel.bindQueue(`shop.retry.${ms}`, `shop.retry.${ms}`, '');
}

describe('a queue that is not on the map', () => {
  it('is kept, with the reason, while messages wait in it or may return to it, or another queue needs it', async () => {
    await applyTopology(broker.url, listensTo('inventory', 'gone', 'full', 'retrying', 'homeless', 'dead'));
    await publish('', 'full.events');
    await publish(EXCHANGES.retryTier(TIER_MS), 'retrying.events');
    await publish(EXCHANGES.dead, 'dead.events');
    await broker.channel.unbindQueue('homeless.events', EXCHANGES.home, 'homeless.events');
    await publish(EXCHANGES.home, 'homeless.events');

    const { pruned, kept, undeliverable } = await applyTopology(broker.url, map, {
      managementUrl: broker.managementUrl,
      prune: true,
      statisticsWithinMs: 0,
    });

    expect(undeliverable.left).toEqual({ 'homeless.events': 1 });
    expect(pruned).toEqual(['queue gone.events', 'queue gone.events.dead', `queue gone.retry.${TIER_MS}`]);
    const needed = (service: string) =>
      Object.fromEntries(
        ['events.dead', `retry.${TIER_MS}`].map((name) => [`queue ${service}.${name}`, 'a queue that stays needs it']),
      );
    expect(kept).toEqual({
      ...needed('full'),
      ...needed('retrying'),
      ...needed('homeless'),
      ...needed('dead'),
      'queue full.events': '1 message waits in it',
      'queue retrying.events': `1 message waits in retrying.retry.${TIER_MS}, and may return to it`,
      [`queue retrying.retry.${TIER_MS}`]: '1 message waits in it',
      'queue homeless.events': '1 message waits for it in shop.homeless',
      'queue dead.events': '1 message waits in dead.events.dead, and may be sent back to it',
      'queue dead.events.dead': '1 message waits in it',
    });
    expect([await broker.depth(EXCHANGES.homeless), await broker.depth(`retrying.retry.${TIER_MS}`)]).toEqual([1, 1]);
  });
});

describe('a former tier shared by all services', () => {
  it('is deleted when empty, and kept while a message waits in it, even an expired one without a queue', async () => {
    await applyTopology(broker.url, map);
    await sharedTier(50);
    await sharedTier(1_000);
    await publish('shop.retry.50', 'nobody.events');
    await expect.poll(() => broker.depth('shop.retry.50')).toBe(0);

    const { pruned, kept } = await applyTopology(broker.url, map, { managementUrl: broker.managementUrl, prune: true });

    expect(pruned).toEqual(['queue shop.retry.1000']);
    const fed = 'a queue that stays may be fed by it';
    expect(kept).toEqual({
      'queue shop.retry.50': '1 message waits in it',
      'exchange shop.retry.50': fed,
      'exchange shop.retry.1000': fed,
    });
  });
});

describe('the reason to keep a queue', () => {
  const nothing = { messages: {}, undeliverable: {} };

  it.each([
    ['nothing waits for it', nothing, undefined],
    [
      'the tiers of another service hold messages',
      { ...nothing, messages: { 'orders.retry.1000': 3, 'a.retry.1000': 0 } },
      undefined,
    ],
    [
      'a tier that all services shared holds one',
      { ...nothing, messages: { 'shop.retry.1000': 2 } },
      '2 messages wait in shop.retry.1000, and may return to it',
    ],
  ])('%s', (_, waiting, why) => {
    expect(whyKept('a.events', waiting, [])).toBe(why);
  });

  it('does not include messages in the tiers of its service, for a timer queue', () => {
    expect(
      whyKept('orders.payment-window.5000', { ...nothing, messages: { 'orders.retry.1000': 3 } }, []),
    ).toBeUndefined();
  });
});
