import { randomBytes, randomUUID } from 'node:crypto';
import { EXCHANGES, OrderStatus, query } from '@sluice/contracts';
import { depth, run, tap, type System, type Tap, eventually, type Program } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RawRpcClient } from './raw-rpc-client.js';
import { NO_PYTHON, PYTHON, PythonListener, unitTests } from './python-listener.js';
import { sharedShop } from './shared-system.js';
import type { Shop } from './shop.js';

const Counts = z.object({ orders: z.partialRecord(OrderStatus, z.int()), facts: z.record(z.string(), z.int()) });
const GetStatistics = query('order-statistics.get', z.object({ status: OrderStatus.optional() }), Counts);

describe('adding a consumer', () => {
  let system: System;
  let shop: Shop;
  let customer: string;
  let admin: string;
  let listener: Program | undefined;
  let python: PythonListener | undefined;
  let recorded: Tap | undefined;
  let client: RawRpcClient;

  beforeAll(async () => {
    ({ system, shop, customer, admin } = await sharedShop.open());
    client = await RawRpcClient.on(system.broker.connection);
  });
  afterAll(async () => {
    await listener?.end('SIGTERM');
    await python?.close();
    await recorded?.close();
    await system?.broker.management.delete('users/order-log');
  });

  it('needs one binding and no change in any app: a new listener receives every fact about orders', async () => {
    const password = randomBytes(12).toString('hex');
    const administrator = {
      AMQP_URL: system.broker.url,
      AMQP_MANAGEMENT_URL: system.broker.management.url,
      AMQP_PASSWORDS: JSON.stringify({ 'order-log': password }),
    };
    const topology = run('topology/dist/main.js', administrator, ['listen', 'order-log', 'order.*']);
    expect(await topology.exitCode).toBe(0);
    const AMQP_URL = Object.assign(new URL(system.broker.url), {
      username: await withTestPrefix('order-log', password),
      password,
    }).href;
    listener = run('examples/order-log/dist/main.js', { AMQP_URL, LOG_LEVEL: 'info' });

    await shop.stock(admin, 'TEE', { east: 10 });
    const id = await shop.placeForSure(customer, 'TEE');
    await shop.payForSure(customer, id);
    await shop.reaches(customer, id, 'completed');

    await eventually(() => {
      const output = listener?.output() ?? '';
      for (const type of ['order.placed', 'order.awaiting_payment', 'order.paid', 'order.shipped', 'order.completed'])
        expect(output).toContain(`${type} ${id}`);
    });
  });

  /** Creates a user with the test's prefix and the permissions of the user that the command has created. */
  async function withTestPrefix(name: string, password: string): Promise<string> {
    const { management, vhost, userOf } = system.broker;
    await management.put(`users/${userOf(name)}`, { password, tags: '' });
    const rights = await management.get<object>(`permissions/${vhost}/${name}`);
    await management.put(`permissions/${vhost}/${userOf(name)}`, rights);
    return userOf(name);
  }

  /** Publishes a mark after all earlier facts: when the listener has counted it, it has counted those too. */
  async function everythingIsCounted(mark: string): Promise<z.infer<typeof Counts>> {
    const data = Buffer.from(JSON.stringify({ orderId: randomUUID() }));
    const channel = await system.broker.connection.createConfirmChannel();
    channel.publish(EXCHANGES.events, `order.${mark}`, data, {
      messageId: randomUUID(),
      type: `order.${mark}`,
      userId: system.broker.userOf('orders'),
      headers: { version: 1, time: new Date().toISOString(), 'correlation-id': mark },
    });
    await channel.waitForConfirms();
    return eventually(
      async () => {
        const { value } = await client.request(GetStatistics, {});
        if (value?.facts[`order.${mark}`] !== 1)
          throw new Error(`${mark} is not counted: ${JSON.stringify(value)}\n${python?.output()}`);
        return value;
      },
      { withinMs: 30_000 },
    );
  }

  describe('in another language, written from the AsyncAPI document alone', () => {
    it('passes its own tests', ({ skip }) => {
      if (!PYTHON) skip(NO_PYTHON);
      expect(unitTests()).toBe('');
    });

    it('counts every fact about an order once, also when it is killed and receives everything twice', async ({
      skip,
    }) => {
      if (!PYTHON) skip(NO_PYTHON);
      python = await PythonListener.create(system);
      await python.start();
      recorded = await tap(system.broker);

      await shop.stock(admin, 'MUG', { east: 10 });
      const id = await shop.placeForSure(customer, 'MUG');
      await python.end('SIGKILL');
      await shop.payForSure(customer, id);
      await shop.reaches(customer, id, 'completed');
      await python.start();

      const once = {
        'order.placed': 1,
        'order.awaiting_payment': 1,
        'order.paid': 1,
        'order.shipped': 1,
        'order.completed': 1,
      };
      expect(await everythingIsCounted('first_mark')).toEqual({
        orders: { completed: 1 },
        facts: { ...once, 'order.first_mark': 1 },
      });

      await python.end('SIGKILL');
      await python.start();
      await recorded.replay();
      const { orders, facts } = await everythingIsCounted('second_mark');
      expect(orders).toEqual({ completed: 1 });
      expect(facts).toMatchObject(once);
    });

    it('counts each fact of a batch once', async ({ skip }) => {
      if (!PYTHON) skip(NO_PYTHON);
      const fact = (id: string) => ({
        ...{ specversion: '1.0', id, source: 'orders', type: 'order.batched', time: new Date().toISOString() },
        ...{ dataversion: 1, correlationid: 'batch', data: { orderId: randomUUID() } },
      });
      const [first, second] = [fact(randomUUID()), fact(randomUUID())];
      const channel = await system.broker.connection.createConfirmChannel();
      channel.publish(EXCHANGES.events, 'order.batched', Buffer.from(JSON.stringify([first, second, first])), {
        messageId: randomUUID(),
        type: 'order.batched',
        contentType: 'application/cloudevents-batch+json',
        userId: system.broker.userOf('orders'),
        headers: { version: 1, time: first.time, facts: 3 },
      });
      await channel.waitForConfirms();
      expect((await everythingIsCounted('batch_mark')).facts).toMatchObject({ 'order.batched': 2 });
    });

    it('replies to a request, or returns a problem, and does not reply after the deadline', async ({ skip }) => {
      if (!PYTHON) skip(NO_PYTHON);
      const late = await client.send(GetStatistics, {}, { timeoutMs: 0 });
      expect((await client.request(GetStatistics, { status: 'completed' })).value?.orders).toEqual({ completed: 1 });
      expect((await client.request(GetStatistics, { status: 'cancelled' })).value?.orders).toEqual({});
      expect((await client.request(GetStatistics, { status: 'lost' })).problem).toMatchObject({
        status: 422,
        title: 'Unknown status',
      });
      expect((await client.request(GetStatistics, {}, { version: 2 })).problem).toMatchObject({ status: 400 });
      expect((await client.request(GetStatistics, 'no object')).problem).toMatchObject({
        status: 400,
        title: 'Malformed message',
      });
      expect(client.hasAnswer(late)).toBe(false);
    });

    it('dead-letters an unreadable message, with the reason, and continues', async ({ skip }) => {
      if (!PYTHON) skip(NO_PYTHON);
      const { connection } = system.broker;
      const channel = await connection.createConfirmChannel();
      channel.publish(EXCHANGES.events, 'order.placed', Buffer.from('no json'), {
        messageId: randomUUID(),
        type: 'order.placed',
        headers: { version: 1 },
      });
      await channel.waitForConfirms();
      const letter = await eventually(
        async () => (await channel.get('order-statistics.events.dead')) || Promise.reject(new Error('no dead letter')),
      );
      expect(letter.content.toString()).toBe('no json');
      expect(letter.properties.headers).toMatchObject({
        attempts: 1,
        reason: expect.stringContaining('Unreadable: not a message') as string,
        'original-exchange': 'shop.events',
        'original-routing-key': 'order.placed',
      });
      channel.ack(letter);
      await everythingIsCounted('third_mark');
    });

    it('declares its queue as the topology map does', async ({ skip }) => {
      if (!PYTHON) skip(NO_PYTHON);
      const topology = run('topology/dist/main.js', { AMQP_URL: system.broker.url }, [
        'listen',
        'order-statistics',
        'order.*',
      ]);
      expect(await topology.exitCode, topology.output()).toBe(0);
    });

    it('reconnects after its connection was lost, and ends on SIGTERM without leaving messages behind', async ({
      skip,
    }) => {
      if (!PYTHON || !python) return skip(NO_PYTHON);
      await python.cutOff();
      await everythingIsCounted('fourth_mark');
      expect(python.output()).toContain('no broker, trying again');
      expect(await python.end('SIGTERM')).toBe(0);
      for (const queue of ['events', 'queries'])
        expect(await depth(system.broker, `order-statistics.${queue}`)).toBe(0);
    });
  });
});
