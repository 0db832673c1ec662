import 'reflect-metadata';
import { AmqpConnection } from '@golevelup/nestjs-rabbitmq';

const EXCHANGE = 'bench.golevelup';
const REQUESTS = { exchange: EXCHANGE, routingKey: 'echo' };
const PUBLISHED = { exchange: 'shop.commands', routingKey: 'bench.store' };
const TIMEOUT_MS = 10_000;
const PREFETCH = 100;

const payload = { text: 'x'.repeat(1_000) };

async function connect(uri: string, directReplyTo: boolean): Promise<AmqpConnection> {
  const connection = new AmqpConnection({
    uri,
    exchanges: [{ name: EXCHANGE, type: 'direct' }],
    enableDirectReplyTo: directReplyTo,
    prefetchCount: PREFETCH,
    connectionInitOptions: { wait: true, timeout: TIMEOUT_MS },
  });
  await connection.init();
  return connection;
}

/** The connection behind its decorators, without the rest of an application. */
export async function connectMessenger(url: string) {
  const connection = await connect(url, true);
  return {
    publish: () => connection.publish(PUBLISHED.exchange, PUBLISHED.routingKey, payload, { persistent: true }),
    request: () => connection.request({ ...REQUESTS, payload, timeout: TIMEOUT_MS }),
  };
}

export async function serveRequests(url: string): Promise<void> {
  const connection = await connect(url, false);
  await connection.createRpc(async (data) => data, { ...REQUESTS, queue: 'bench.golevelup-requests' });
}
