import { bareRate } from '../backlog/bare.js';
import { tenthsOf, watchDraining, type Tenth } from '../backlog/draining.js';
import { placeOrders, stockUp } from '../backlog/feeding.js';
import { openPlace, type Backlogged, type Place } from '../backlog/place.js';
import { flatness, growthMb, MAX_GROWTH_MB, MIN_FLATNESS, tenthsTable } from '../backlog/report.js';
import type { Benchmark } from '../benchmark.js';
import type { Row } from '../table/row.js';
import { fixedWorkMs } from '../fixed-work.js';
import { fixedWork } from '../rounds.js';
import { median } from '../table/statistics.js';
import { ratioAtLeast, valueAtLeast, valueAtMost } from '../table/verdict.js';

const MESSAGES = 100_000;
/** Messages for the bare consumer, which empties them in about a second. */
const BARE = 10_000;

/**
 * The end of a long outage: commands wait for orders, then events about them for inventory. Each service is started on
 * its backlog and measured while it drains it: the rate must be constant, and the memory must not grow. In the same
 * run a consumer that only acknowledges empties the same queue.
 */
export const benchmark: Benchmark = {
  async measure({ quick, progress }) {
    const place = await openPlace();
    const [messages, bare] = quick ? [2_000, 1_000] : [MESSAGES, BARE];
    try {
      const rates = await progress.step('feeding, and the bare consumer', () => bareRates(place, bare));
      await progress.step(`a backlog of ${messages}`, () => placeOrders(place, messages));
      const rows: Row[] = [];
      for (const backlog of BACKLOGS) {
        fixedWork.push(fixedWorkMs());
        const before = backlog.service === 'orders' ? bare : 0;
        const tenths = await progress.step(backlog.queue, () => drained(place, backlog, { messages, before }));
        for (const text of tenthsTable(backlog.queue, tenths, rates[backlog.service])) progress.line(text);
        rows.push(...rowsOf(backlog.queue, tenths, rates[backlog.service]));
      }
      return rows;
    } finally {
      await place.close();
    }
  },
};

interface Backlog {
  service: Backlogged;
  queue: string;
  /** Table in which each message creates one row. */
  table: string;
}

const BACKLOGS: readonly Backlog[] = [
  { service: 'orders', queue: 'orders.commands', table: 'orders' },
  { service: 'inventory', queue: 'inventory.events', table: 'reservations' },
];

/** Messages per second of a consumer that only acknowledges. Its facts travel alone: it takes no batch apart. */
async function bareRates(at: Place, bare: number): Promise<Record<Backlogged, number>> {
  await stockUp(at);
  await placeOrders(at, bare);
  const orders = await bareRate(at, 'orders.commands', bare);
  await placeOrders(at, bare);
  const warming = await at.start('orders', { PUBLISH_BATCHES: 'false' });
  await at.until('the facts to be emptied are there', async () => (await placed(at)) === bare && (await isSent(at)));
  await warming.end();
  return { orders, inventory: await bareRate(at, 'inventory.events', bare) };
}

const placed = (at: Place): Promise<number> => at.count('orders', 'orders WHERE version > 0');
const isSent = async (at: Place): Promise<boolean> => (await at.count('orders', 'outbox')) === 0;

/** @throws Error when a message was lost or duplicated, because the measured rate would then be meaningless */
async function drained(
  at: Place,
  { service, queue, table }: Backlog,
  { messages, before }: { messages: number; before: number },
): Promise<Tenth[]> {
  const running = await at.start(service);
  const tenths = tenthsOf(await watchDraining(at, service, running, { queue, count: messages }), messages);
  await running.end();
  const rows = (await at.count(service, `${table} WHERE version > 0`)) - before;
  if (rows !== messages) throw new Error(`${queue}: of ${messages} messages came ${rows} rows of ${table}`);
  return tenths;
}

const rowsOf = (queue: string, tenths: readonly Tenth[], bare: number): Row[] => [
  {
    work: `backlog of ${queue}, per second`,
    ours: [median(tenths.map(({ rate }) => rate))],
    peers: { 'only acks': [bare] },
    aim: ratioAtLeast(0.3),
  },
  {
    work: `backlog of ${queue}, last two tenths to first two`,
    digits: 2,
    ours: [flatness(tenths)],
    aim: valueAtLeast(MIN_FLATNESS),
  },
  {
    work: `backlog of ${queue}, growth of the process after the first tenth, MB`,
    ours: [growthMb(tenths)],
    aim: valueAtMost(MAX_GROWTH_MB),
  },
];
