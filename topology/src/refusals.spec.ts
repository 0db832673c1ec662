import { randomBytes } from 'node:crypto';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyUsers } from './apply-users.js';
import { applyTopology } from './apply.js';
import { WORK } from './map.js';
import { emptyVhost, type Vhost } from './testing/vhost.js';
import { topology } from './topology.js';
import { usersOf } from './users.js';

let broker: Vhost;
const connections = new Map<string, ChannelModel>();
const nameOf = (service: string): string => `${broker.name}.${service}`;

beforeAll(async () => {
  broker = await emptyVhost();
  await applyTopology(broker.url, topology({ retryTiersMs: [60_000] }));
  const users = usersOf(WORK).map((user) => ({ ...user, name: nameOf(user.name) }));
  const passwords = Object.fromEntries(users.map(({ name }) => [name, randomBytes(12).toString('hex')]));
  await applyUsers(broker.managementUrl, broker.url, users, passwords);
  for (const service of ['orders', 'accounts', 'gateway', 'notifications']) {
    const connection = await connect(
      Object.assign(new URL(broker.url), { username: nameOf(service), password: passwords[nameOf(service)] }).href,
    );
    connections.set(
      service,
      connection.on('error', () => undefined),
    );
  }
});
afterAll(async () => {
  for (const connection of connections.values()) await connection.close();
  await broker.call('POST', 'users/bulk-delete', { users: usersOf(WORK).map(({ name }) => nameOf(name)) });
  await broker.close();
});

/**
 * Runs an operation on its own channel, which a refusal closes.
 * @returns `ok`, or the reason of the broker's refusal
 */
async function tried(service: string, work: (channel: ConfirmChannel) => Promise<unknown>): Promise<string> {
  const channel = await connections.get(service)!.createConfirmChannel();
  const refused = new Promise<never>((_, reject) => channel.on('error', reject));
  try {
    await Promise.race([work(channel), refused]);
    await channel.close();
    return 'ok';
  } catch (error) {
    return (
      /ACCESS_REFUSED - .*? refused for user/s.exec((error as Error).message)?.[0].replace(/ in vhost '.*/, '') ??
      (error as Error).message
    );
  }
}

const refused = (to: string): string => `ACCESS_REFUSED - access to ${to}`;
const consume = (queue: string) => (channel: ConfirmChannel) => channel.consume(queue, () => undefined);
const publish = (exchange: string, key: string) => async (channel: ConfirmChannel) => {
  channel.publish(exchange, key, Buffer.from('{}'), { type: key, headers: { channel: 'inbox' } });
  await channel.waitForConfirms();
};
const timers = {
  'x-queue-type': 'quorum',
  'x-message-ttl': 60_000,
  'x-dead-letter-exchange': 'shop.commands',
  'x-dead-letter-routing-key': 'orders.expire-payment',
  'x-dead-letter-strategy': 'at-least-once',
  'x-overflow': 'reject-publish',
};

describe("orders' user", () => {
  it.each([
    'payments.events',
    'payments.commands',
    'payments.captures',
    'flash-sale.claims',
    'payments.events.dead',
    'shop.unrouted',
  ])('cannot consume %s', async (queue) => {
    expect(await tried('orders', consume(queue))).toBe(refused(`queue '${queue}'`));
    expect(await tried('orders', (channel) => channel.get(queue))).toBe(refused(`queue '${queue}'`));
  });

  it('cannot purge, delete, change or bind the queues of others', async () => {
    expect(await tried('orders', (channel) => channel.purgeQueue('payments.events'))).toBe(
      refused("queue 'payments.events'"),
    );
    expect(await tried('orders', (channel) => channel.deleteQueue('payments.events'))).toBe(
      refused("queue 'payments.events'"),
    );
    expect(await tried('orders', (channel) => channel.bindQueue('orders.events', 'shop.events', '#'))).toBe(
      refused("queue 'orders.events'"),
    );
    expect(await tried('orders', (channel) => channel.deleteExchange('shop.events'))).toBe(
      refused("exchange 'shop.events'"),
    );
  });

  it('cannot declare a queue or an exchange, not even its own', async () => {
    for (const queue of ['payments.more', 'orders.more', 'orders.payment-window', 'orders.payment-window.60000.x']) {
      expect(await tried('orders', (channel) => channel.assertQueue(queue, { durable: true }))).toBe(
        refused(`queue '${queue}'`),
      );
    }
    expect(await tried('orders', (channel) => channel.assertQueue('', { exclusive: true }))).toMatch(
      /^ACCESS_REFUSED - access to queue 'amq\.gen-/,
    );
    expect(await tried('orders', (channel) => channel.assertExchange('shop.more', 'fanout'))).toBe(
      refused("exchange 'shop.more'"),
    );
  });

  it('cannot publish an event of another service', async () => {
    for (const type of ['payment.captured', 'stock.reserved', 'parcel.delivered', 'orders.placed', 'xorder.placed']) {
      expect(await tried('orders', publish('shop.events', type)), type).toBe(
        refused(`topic '${type}' in exchange 'shop.events'`),
      );
    }
  });

  it('cannot publish to the tier of another service, nor for the queue of another service', async () => {
    for (const home of ['payments.events', 'orders', 'ordersXevents', 'shop.homeless']) {
      expect(await tried('orders', publish('shop.retry-tier.60000', home)), home).toBe(
        refused(`topic '${home}' in exchange 'shop.retry-tier.60000'`),
      );
    }
    expect(await tried('orders', publish('shop.home', 'orders.events'))).toBe(refused("exchange 'shop.home'"));
    for (const queue of ['orders.retry.60000', 'payments.retry.60000', 'shop.homeless'])
      expect(await tried('orders', consume(queue))).toBe(refused(`queue '${queue}'`));
  });

  it('cannot write to exchanges that it does not need', async () => {
    for (const exchange of ['shop.deliveries', 'shop.live', 'shop.unrouted', 'amq.topic'])
      expect(await tried('orders', publish(exchange, 'order.placed')), exchange).toBe(
        refused(`exchange '${exchange}'`),
      );
  });

  it('can do its work: consume, inspect, publish, request, reply, retry, dead-letter, start timers', async () => {
    const work: [string, (channel: ConfirmChannel) => Promise<unknown>][] = [
      ['consume', consume('orders.events')],
      ['inspect', (channel) => channel.checkQueue('orders.events.dead')],
      ['publish an event', publish('shop.events', 'order.placed')],
      ['request', publish('shop.commands', 'logistics.halt')],
      ['reply', publish('', 'amq.rabbitmq.reply-to.nobody')],
      ['wait for replies', (channel) => channel.consume('amq.rabbitmq.reply-to', () => undefined, { noAck: true })],
      ['retry', publish('shop.retry-tier.60000', 'orders.events')],
      ['dead-letter', publish('shop.dead', 'orders.events')],
      [
        'declare timers',
        (channel) => channel.assertQueue('orders.payment-window.60000', { durable: true, arguments: timers }),
      ],
      ['start a timer', publish('', 'orders.payment-window.60000')],
    ];
    for (const [what, run] of work) expect(await tried('orders', run), what).toBe('ok');
    expect([await broker.depth('orders.events.dead'), await broker.depth('orders.payment-window.60000')]).toEqual([
      1, 1,
    ]);
  });
});

describe('the users of other services', () => {
  it('accounts cannot publish deliveries, commands or dead letters, but its events', async () => {
    for (const exchange of ['shop.deliveries', 'shop.commands', 'shop.dead', 'shop.retry-tier.60000'])
      expect(await tried('accounts', publish(exchange, 'delivery.sms')), exchange).toBe(
        refused(`exchange '${exchange}'`),
      );
    expect(await tried('accounts', publish('shop.events', 'account.registered'))).toBe('ok');
  });

  it('notifications can publish deliveries and its own events, but no others', async () => {
    expect(await tried('notifications', publish('shop.deliveries', ''))).toBe('ok');
    expect(await tried('notifications', publish('shop.events', 'inbox.filled'))).toBe('ok');
    expect(await tried('notifications', publish('shop.events', 'order.paid'))).toBe(
      refused("topic 'order.paid' in exchange 'shop.events'"),
    );
  });

  it('the gateway can send requests and receive live events, but neither reads nor writes durable queues', async () => {
    const subscribe = async (channel: ConfirmChannel) => {
      const { queue } = await channel.assertQueue('', {
        exclusive: true,
        arguments: { 'x-max-length': 10, 'x-overflow': 'drop-head' },
      });
      await channel.bindQueue(queue, 'shop.live', '');
      await channel.consume(queue, () => undefined, { noAck: true });
    };
    expect(await tried('gateway', subscribe)).toBe('ok');
    expect(await tried('gateway', publish('shop.commands', 'orders.place'))).toBe('ok');
    expect(await tried('gateway', (channel) => channel.checkQueue('flash-sale.claims'))).toBe('ok');
    expect(await tried('gateway', consume('flash-sale.claims'))).toBe(refused("queue 'flash-sale.claims'"));
    expect(await tried('gateway', publish('', 'orders.commands'))).toBe(refused("exchange 'amq.default'"));
    expect(await tried('gateway', publish('shop.events', 'order.placed'))).toBe(refused("exchange 'shop.events'"));
  });
});
