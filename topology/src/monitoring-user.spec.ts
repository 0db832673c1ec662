import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { management } from './management.js';
import { applyMonitoringUser } from './monitoring-user.js';
import { emptyVhost, type Vhost } from './testing/vhost.js';

const name = `keda-${randomUUID()}`;
let broker: Vhost;
beforeAll(async () => {
  broker = await emptyVhost();
});
afterEach(() => broker.call('DELETE', `users/${name}`).catch(() => undefined));
afterAll(() => broker.close());

const apply = (password = 'one') => applyMonitoringUser(broker.managementUrl, broker.url, { name, password });
const asUser = (url: string, password = 'one') => Object.assign(new URL(url), { username: name, password }).href;

const refusalOf = (error: unknown): string => (/ACCESS[-_]REFUSED/.test(String(error)) ? 'refused' : String(error));

describe('the user of an autoscaler', () => {
  it('reads the queues of the vhost, by name and by pattern', async () => {
    await apply();
    await broker.call('PUT', `queues/${broker.name}/orders.events`, { durable: true });
    const { get, vhost } = management(asUser(broker.managementUrl), broker.url);
    expect(await get(`queues/${vhost}/orders.events`)).toMatchObject({ name: 'orders.events' });
    const pattern = encodeURIComponent('^orders[.](commands|events)$');
    expect(
      await get(`queues/${vhost}?page=1&use_regex=true&pagination=false&name=${pattern}&page_size=100`),
    ).toMatchObject({ items: [{ name: 'orders.events' }] });
  });

  it('can neither publish nor consume, nor make a queue', async () => {
    await apply();
    await broker.call('PUT', `queues/${broker.name}/orders.events`, { durable: true });
    const connection = await connect(asUser(broker.url));
    const attempt = async (
      work: (channel: Awaited<ReturnType<typeof connection.createChannel>>) => Promise<unknown>,
    ) => {
      const channel = await connection.createChannel();
      channel.on('error', () => undefined);
      return work(channel).then(() => 'possible', refusalOf);
    };
    // The broker closes the channel with the reason; the confirms fail without one.
    const publish = async () => {
      const channel = await connection.createConfirmChannel();
      const closed = new Promise((resolve) => channel.on('error', (error) => resolve(refusalOf(error))));
      channel.publish('', 'orders.events', Buffer.from('x'));
      return channel.waitForConfirms().then(
        () => 'possible',
        () => closed,
      );
    };
    expect(await attempt((channel) => channel.consume('orders.events', () => undefined))).toBe('refused');
    expect(await attempt((channel) => channel.assertQueue('mine'))).toBe('refused');
    expect(await publish()).toBe('refused');
    await connection.close();
  });

  it('gets a new password when it is applied again', async () => {
    await apply();
    await apply('two');
    const opens = (password: string) =>
      connect(asUser(broker.url, password)).then(
        async (connection) => (await connection.close(), true),
        () => false,
      );
    expect([await opens('one'), await opens('two')]).toEqual([false, true]);
  });

  it('is not taken over from another system', async () => {
    await broker.call('PUT', `users/${name}`, { password: 'theirs', tags: 'monitoring' });
    await expect(apply()).rejects.toThrow(`${name}: a user of this name on the broker belongs to another system`);
  });
});
