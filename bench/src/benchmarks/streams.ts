import { setTimeout as pause } from 'node:timers/promises';
import type { Benchmark, BenchRun } from '../benchmark.js';
import { startSluice, type Sluice, type UnpaidOrder } from '../orders/sluice.js';
import { cpuOf, memoryMbOf } from '../processes.js';
import { OpenStreams } from '../streams/open-streams.js';
import { valueAtLeast, valueAtMost } from '../table/verdict.js';

/** As many as one user may have open (apps/gateway/src/web/streams.ts). */
const PER_ORDER = 20;
const STREAMS = 5_000;
/** One order of each customer. */
const CUSTOMERS = STREAMS / PER_ORDER;
/** The longest interval in which a gateway asks about all streams: 5 s and a fifth. */
const HOLD_MS = 6_000;
const SETTLE_MS = 2_000;
/** Orders that are placed at the same time. */
const PLACED_AT_A_TIME = 25;
/** Orders that are paid one after the other while all streams are open. */
const PAID = 10;

/** Streams of orders that wait for their payment, all open on one gateway. */
export const benchmark: Benchmark = {
  async measure(run) {
    const system = await startSluice(run, { customers: CUSTOMERS });
    try {
      return await measureStreams(run, system);
    } finally {
      await system.stop();
    }
  },
};

async function measureStreams({ quick, progress }: BenchRun, system: Sluice) {
  const count = quick ? 500 : STREAMS;
  const orders = await progress.step('orders', () => placeOrders(system, count / PER_ORDER));
  await pause(SETTLE_MS);
  const gateway = { gateway: system.parts['gateway']! };
  const [memoryMb, streams] = [memoryMbOf(gateway).gateway!, new OpenStreams(system.port)];
  try {
    await progress.step(`${count} streams`, () => streams.open(orders, PER_ORDER));
    await pause(SETTLE_MS);
    const kbPerStream = ((memoryMbOf(gateway).gateway! - memoryMb) * 1_000) / count;
    const [cpuMs, holdMs] = [total(system), quick ? 2_000 : HOLD_MS];
    await pause(holdMs);
    const percent = ((total(system) - cpuMs) / holdMs) * 100;
    const held = streams.count;
    const lastMs = await progress.step('payments', () => streams.follow(orders.slice(0, PAID)));
    return [
      { work: `streams: held of ${count}`, digits: 0, ours: [held], aim: valueAtLeast(count) },
      { work: 'streams: kB of the gateway for each', digits: 1, ours: [kbPerStream], aim: valueAtMost(50) },
      { work: 'streams: % of a core, all processes, while they wait', digits: 0, ours: [percent] },
      { work: 'streams: ms from a completed order to its last stream', digits: 1, ours: lastMs },
    ];
  } finally {
    streams.close();
  }
}

async function placeOrders(system: Sluice, count: number): Promise<UnpaidOrder[]> {
  if (count > CUSTOMERS) throw new Error(`${count} orders of ${CUSTOMERS} customers would exceed their streams`);
  const orders: UnpaidOrder[] = [];
  while (orders.length < count) {
    const size = Math.min(PLACED_AT_A_TIME, count - orders.length);
    orders.push(...(await Promise.all(Array.from({ length: size }, () => system.placeUnpaid()))));
  }
  return orders;
}

const total = ({ parts }: Sluice): number => Object.values(cpuOf(parts)).reduce((sum, ms) => sum + ms, 0);
