import { bareRate } from './backlog/bare.js';
import { tenthsOf, watchDraining } from './backlog/draining.js';
import { placeOrders, stockUp } from './backlog/feeding.js';
import { openPlace, type Backlogged, type Place } from './backlog/place.js';
import { report } from './backlog/report.js';
import { shown } from './hop/statistics.js';

/**
 * The end of a long outage: 100,000 commands wait for orders, then 100,000 events about them for inventory. Each
 * service is started on its backlog and measured while it drains it: the rate must be constant, and the memory must
 * not grow. In the same run, on the same machine, a consumer that does nothing empties the same queue: only the ratio
 * of the two rates can be compared with other machines.
 *
 * `npm run bench -- backlog 20000` runs with another number.
 */
const MESSAGES = Number(process.argv[2] ?? 100_000);
/** Messages for the bare consumer, which empties them in about a second. */
const BARE = Math.min(10_000, MESSAGES);

const place = await openPlace();
try {
  process.exitCode = (await run(place)) ? 0 : 1;
} finally {
  await place.close();
}

async function run(at: Place): Promise<boolean> {
  await stockUp(at);
  await placeOrders(at, BARE);
  const bareOrders = await bareRate(at, 'orders.commands', BARE);
  await placeOrders(at, BARE);
  const warming = await at.start('orders');
  await at.until('the facts to be emptied are there', async () => (await at.depth('inventory.events')) === BARE);
  await warming.end();
  const bareFacts = await bareRate(at, 'inventory.events', BARE);
  await placeOrders(at, MESSAGES);
  console.log(`a backlog of ${shown(MESSAGES)} messages per queue\n`);
  const orders = await drained(at, {
    service: 'orders',
    queue: 'orders.commands',
    table: 'orders',
    before: BARE,
    bare: bareOrders,
  });
  const inventory = await drained(at, {
    service: 'inventory',
    queue: 'inventory.events',
    table: 'reservations',
    before: 0,
    bare: bareFacts,
  });
  return orders && inventory;
}

interface Backlog {
  service: Backlogged;
  queue: string;
  /** Table in which each message creates one row. */
  table: string;
  before: number;
  /** Messages per second. */
  bare: number;
}

/** @throws Error when a message was lost or duplicated, because the measured rate would then be meaningless */
async function drained(at: Place, { service, queue, table, before, bare }: Backlog): Promise<boolean> {
  await at.until(`${queue} holds the backlog`, async () => (await at.depth(queue)) === MESSAGES);
  const running = await at.start(service);
  const tenths = tenthsOf(await watchDraining(at, service, running, { queue, count: MESSAGES }), MESSAGES);
  await running.end();
  const rows = (await at.count(service, `${table} WHERE version > 0`)) - before;
  if (rows !== MESSAGES) throw new Error(`${queue}: of ${MESSAGES} messages came ${rows} rows of ${table}`);
  return report(queue, tenths, bare);
}
