import { databaseName } from '@sluice/stack/databases/databases';
import { withClient } from '@sluice/stack/databases/query-rows';
import { until } from '@sluice/stack/until';
import { Publisher } from '@sluice/messaging';
import type pg from 'pg';
import { placeOrders } from '../backlog/feeding.js';
import type { RunningSystem } from '../orders/system.js';
import { cpuOf, total } from '../processes.js';

const POLL_MS = 50;
const WITHIN_MS = 120_000;
/** So that every order is for one or two of many products. */
const PRODUCTS = `SELECT sku FROM product_copies WHERE version > 0 AND sku LIKE 'BENCH-%' ORDER BY sku`;
const PAYABLE = `SELECT count(*)::int AS n FROM orders WHERE status = 'awaiting_payment'`;

export interface Servers {
  postgresUrl: string;
  rabbit: { url: string; managementUrl: string };
  /** Of the gateway's own user: services take orders from no other. */
  gatewayUrl: string;
}

export interface Drained {
  /** Orders that become payable per second. */
  perSecond: number;
  /** Processor time of all processes. Milliseconds. */
  cpuPerOrder: number;
}

/** Commands that wait while the service orders is stopped, until the last of them is an order that can be paid. */
export function drainBacklog(system: RunningSystem, servers: Servers, count: number): Promise<Drained> {
  const url = Object.assign(new URL(servers.postgresUrl), { pathname: `/${databaseName('orders')}` }).href;
  return withClient(url, async (client) => {
    const products = await client.query<{ sku: string }>(PRODUCTS);
    const wanted = (await payable(client)) + count;
    await whileStopped(system.parts['orders']!, () =>
      feed(
        servers.rabbit.url,
        count,
        products.rows.map(({ sku }) => sku),
      ),
    );
    const [began, cpu] = [performance.now(), total(cpuOf(system.parts))];
    const isDrained = async (): Promise<boolean> => (await payable(client)) >= wanted;
    if (!(await until(isDrained, { withinMs: WITHIN_MS, everyMs: POLL_MS })))
      throw new Error(`a backlog of ${count} orders lacks ${wanted - (await payable(client))} after ${WITHIN_MS} ms`);
    const seconds = (performance.now() - began) / 1_000;
    return { perSecond: count / seconds, cpuPerOrder: (total(cpuOf(system.parts)) - cpu) / count };
  });
}

const payable = async (client: pg.Client): Promise<number> => (await client.query<{ n: number }>(PAYABLE)).rows[0]!.n;

/** The processes keep their connections: what is published meanwhile waits for them. */
async function whileStopped(pids: readonly number[], work: () => Promise<void>): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    await work();
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
}

async function feed(url: string, count: number, products: readonly string[]): Promise<void> {
  const publisher = new Publisher({ url, name: 'bench feeds', user: 'gateway' });
  await placeOrders({ publisher }, count, products);
  await publisher.close();
}
