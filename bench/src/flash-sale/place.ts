import { EXCHANGES } from '@sluice/contracts';
import { MessageClient } from '@sluice/messaging';
import { freePorts } from '@sluice/stack/ports';
import { testBroker, testDatabase, type TestBroker } from '@sluice/testing';
import { Programs } from './programs.js';
import { PUBLIC_KEY } from './users.js';

const CLAIMS = 'flash-sale.claims';
/** Above what any round sends, because this bench measures speed, not refusals by a full queue. */
const QUEUE_LIMIT = 200_000;
const PORTS = ['gateway', 'bare', 'health', 'gate'] as const;
/** Queue of the same type as the queue of the claims. */
export const BARE_QUEUE = 'bench.claims';

/**
 * A broker's virtual host and a database of its own, a gateway, a bare route, the gate in
 * front of a Redis where there is one, and flash-sale when it is needed.
 */
export async function openPlace(redisPort?: number) {
  const [broker, database] = await Promise.all([
    testBroker({ flashSaleQueueLimit: QUEUE_LIMIT }),
    testDatabase('flash-sale'),
  ]);
  const client = new MessageClient({ url: broker.url, source: 'bench' });
  const programs = new Programs();
  const { gateway: gatewayPort, bare: barePort, health: healthPort, gate: gatePort } = await freePorts(PORTS);
  const common = { AMQP_URL: broker.url, LOG_LEVEL: 'warn' };
  const gateway = await programs.begin(
    'apps/gateway/dist/main.js',
    {
      ...common,
      PORT: String(gatewayPort),
      TOKEN_PUBLIC_KEY: PUBLIC_KEY,
      IDEMPOTENCY_SECRET: 'only-for-this-bench-0123456789',
    },
    gatewayPort,
  );
  await programs.begin('bench/dist/flash-sale/bare-route.js', { PORT: String(barePort) }, barePort, '/');
  const gate = { PORT: String(gatePort), REDIS_PORT: String(redisPort), AMQP_URL: broker.url, QUEUE: BARE_QUEUE };
  if (redisPort !== undefined) await programs.begin('bench/dist/flash-sale/gate-route.js', gate, gatePort, '/');
  return {
    gatewayPort,
    gatewayPid: gateway.pid!,
    barePort,
    gatePort,
    client,
    startDrainer: () =>
      programs.begin(
        'apps/flash-sale/dist/main.js',
        { ...common, DATABASE_URL: database.url, HEALTH_PORT: String(healthPort) },
        healthPort,
      ),
    /** Claims answered so far. */
    drained: async (saleId: string): Promise<number> =>
      Number((await database.pool.query('SELECT drained FROM sales WHERE id = $1', [saleId])).rows[0].drained),
    empty: await emptier(broker),
    async close(): Promise<void> {
      await programs.end();
      await client.close();
      await Promise.all([broker.close(), database.close()]);
    },
  };
}

export type Place = Awaited<ReturnType<typeof openPlace>>;

/** @returns a function that purges the two queues */
async function emptier({ connection }: TestBroker): Promise<() => Promise<void>> {
  const channel = await connection.createChannel();
  await channel.assertQueue(BARE_QUEUE, { arguments: { 'x-queue-type': 'classic' } });
  await channel.bindQueue(BARE_QUEUE, EXCHANGES.commands, BARE_QUEUE);
  return async () => {
    for (const queue of [CLAIMS, BARE_QUEUE]) await channel.purgeQueue(queue);
  };
}
