import { Publisher } from '@sluice/messaging';
import { eventually, freePort, testBroker, testDatabase, type Program } from '@sluice/testing';
import { Programs } from '../flash-sale/programs.js';

/** Maximum wait for a condition; long, because the machine may be busy. */
const WITHIN_MS = 180_000;

/** The services that have a backlog here. */
export type Backlogged = 'orders' | 'inventory';

/** Pages that PostgreSQL has read so far, from memory or disk; its processes report them about once per second. */
const PAGES = 'SELECT blks_hit + blks_read AS n FROM pg_stat_database WHERE datname = current_database()';

/** A running service and the address of its metrics. */
export interface Service {
  metricsUrl: string;
  end(): Promise<void>;
}

/** A broker's virtual host with all queues of the shop, and the databases of the two services that are drained here. */
export async function openPlace() {
  const [broker, orders, inventory] = await Promise.all([
    testBroker(),
    testDatabase('orders'),
    testDatabase('inventory'),
  ]);
  const databases = { orders, inventory };
  const publisher = new Publisher({ url: broker.url, name: 'bench feeds' });
  const programs = new Programs();
  const numberOf = async (name: Backlogged, sql: string): Promise<number> =>
    Number((await databases[name].pool.query(sql)).rows[0].n);
  return {
    broker,
    publisher,
    async start(name: Backlogged, env: Record<string, string> = {}): Promise<Service> {
      const port = await freePort();
      const common = {
        AMQP_URL: broker.url,
        DATABASE_URL: databases[name].url,
        LOG_LEVEL: 'warn',
        HEALTH_PORT: String(port),
      };
      const program = await programs.begin(`apps/${name}/dist/main.js`, { ...common, ...env }, port);
      return { metricsUrl: `http://127.0.0.1:${port}/metrics`, end: () => stop(program) };
    },
    count: (name: Backlogged, table: string): Promise<number> => numberOf(name, `SELECT count(*) AS n FROM ${table}`),
    pages: (name: Backlogged): Promise<number> => numberOf(name, PAGES),
    async until(what: string, is: () => Promise<boolean>): Promise<void> {
      const expectIt = async (): Promise<void> => {
        if (!(await is())) throw new Error(`not yet: ${what}`);
      };
      await eventually(expectIt, { withinMs: WITHIN_MS });
    },
    /** Memory of the whole broker. Bytes. */
    brokerMemory: async (): Promise<number> =>
      (await broker.management.get<{ mem_used?: number }[]>('nodes')).reduce(
        (sum, { mem_used = 0 }) => sum + mem_used,
        0,
      ),
    async close(): Promise<void> {
      await programs.end();
      await publisher.close();
      await Promise.all([broker.close(), orders.close(), inventory.close()]);
    },
  };
}

export type Place = Awaited<ReturnType<typeof openPlace>>;

/** @throws Error with the output of the program when it did not exit with 0 */
async function stop(program: Program): Promise<void> {
  await program.end('SIGTERM');
  if ((await program.exitCode) !== 0) throw new Error(`the program did not exit with 0:\n${program.output()}`);
}
