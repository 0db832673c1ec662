// One service in a process: node service.js <name>, with PORT, DATABASE_URL and AMQP_URL.
import 'reflect-metadata';
import { Body, Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  Ctx,
  EventPattern,
  Payload,
  Transport,
  type RmqOptions,
  type RmqContext,
} from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { HANDLERS, type Handler, type Order } from './handlers.js';
import { once, relay, transaction } from './store.js';

const EXCHANGE = 'nest';
const PREFETCH = 32;

const name = process.argv[2]!;
const urls = [process.env['AMQP_URL']!];

interface Acknowledging {
  ack(message: object): void;
  nack(message: object, allUpTo: boolean, requeue: boolean): void;
}

class Listener {}

for (const [topic, handle] of Object.entries(HANDLERS[name]!)) {
  const method = topic.replace('.', '_');
  const descriptor = { value: listener(handle), writable: true, configurable: true };
  Object.defineProperty(Listener.prototype, method, descriptor);
  Payload()(Listener.prototype, method, 0);
  Ctx()(Listener.prototype, method, 1);
  EventPattern(topic)(Listener.prototype, method, descriptor);
}
Controller()(Listener);

function listener(handle: Handler) {
  return async (data: object, ...rest: unknown[]): Promise<void> => {
    const { eventId, ...order } = data as Order & { eventId: string };
    const context = rest[0] as RmqContext;
    const [channel, message] = [context.getChannelRef() as Acknowledging, context.getMessage() as object];
    try {
      await once(eventId, (within) => handle(order, within));
      channel.ack(message);
    } catch (error) {
      console.error(error);
      channel.nack(message, false, true);
    }
  };
}

@Controller()
class Web {
  @Post('orders')
  async place(@Body() o: Order & { address: object }): Promise<object> {
    const insert = `INSERT INTO orders (id, user_id, sku, quantity, total, address, status)
      VALUES ($1, $2, $3, $4, $5, $6, 'pending') ON CONFLICT DO NOTHING`;
    await transaction(async ({ query, emit }) => {
      const { rowCount } = await query(insert, [o.id, o.userId, o.sku, o.quantity, o.total, o.address]);
      if (rowCount !== 1) return;
      await query("INSERT INTO history (order_id, status) VALUES ($1, 'pending')", [o.id]);
      const { id, userId, sku, quantity, total } = o;
      await emit('order.placed', { id, userId, sku, quantity, total });
    });
    return { id: o.id, status: 'pending' };
  }

  @Post('stock')
  async receive(@Body() { sku, quantity }: { sku: string; quantity: number }): Promise<object> {
    await transaction(({ query }) => query('INSERT INTO stock (sku, available) VALUES ($1, $2)', [sku, quantity]));
    return {};
  }
}

@Module({ controllers: [Listener, Web] })
class App {}

const shared = { urls, exchange: EXCHANGE, wildcards: true };
const client = ClientProxyFactory.create({
  transport: Transport.RMQ,
  options: { ...shared, persistent: true, queueOptions: { durable: true } },
});
const queue: RmqOptions['options'] = {
  ...shared,
  queue: `${EXCHANGE}.${name}`,
  noAck: false,
  prefetchCount: PREFETCH,
  queueOptions: { durable: true, arguments: { 'x-queue-type': 'quorum' } },
};
const app = await NestFactory.create<NestFastifyApplication>(App, new FastifyAdapter(), { logger: ['error', 'warn'] });
app.connectMicroservice({ transport: Transport.RMQ, options: queue });
await app.startAllMicroservices();
await client.connect();
void relay(client);
await app.listen(Number(process.env['PORT']), '127.0.0.1');
console.log('ready');
