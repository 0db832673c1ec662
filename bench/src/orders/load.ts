import { setTimeout as pause } from 'node:timers/promises';
import { cpuOf, memoryMbOf, total } from '../processes.js';
import type { Values } from '../rounds.js';
import { median, shown } from '../table/statistics.js';
import type { RunningSystem, WalCounters } from './system.js';

/**
 * Pause before the next order of the beginning, about the time in which a system completes one: orders that begin
 * together stay together, and a window would hold one wave of them more or less. Milliseconds.
 */
const BEGIN_EVERY_MS = 20;
/** Time after which a system that does not fill its pipeline is measured as it is. Milliseconds. */
const FILLED_WITHIN_MS = 20_000;
/** Time for the orders that are in flight at the end, which are not counted. Milliseconds. */
const ENDS_WITHIN_MS = 30_000;
const POLL_MS = 20;

export interface Load {
  /** Orders that are being processed at any time: one that completes is followed by the next. */
  inFlight: number;
  seconds: number;
}

export interface LoadResult {
  /** Times until an order was accepted, and until it was completed. Milliseconds. */
  placed: number[];
  completed: number[];
  perSecond: number;
  /** Processor time per completed order, by part of the system. Milliseconds. */
  cpu: Record<string, number>;
  wal?: { bytesPerOrder: number; fullPagesPerOrder: number; fsyncsPerOrder: number } | undefined;
  /** What the counters of the system grew by, per completed order, by name. */
  counted?: Record<string, number> | undefined;
  /** Beginning and end of the measured time, as `process.hrtime` has it. Microseconds. */
  window: { fromUs: number; toUs: number };
}

/** A closed loop; what is measured begins when as many orders are completed as are in flight. */
export async function loadOrders(system: RunningSystem, { inFlight, seconds }: Load): Promise<LoadResult> {
  const loop = new ClosedLoop(system, inFlight);
  await loop.filled();
  const [cpu, wal, counters, fromUs] = [cpuOf(system.parts), await system.wal?.(), await system.counters?.(), nowUs()];
  loop.counting = true;
  await pause(seconds * 1_000);
  loop.counting = false;
  const [cpuAfter, toUs, walAfter, countersAfter] = [
    cpuOf(system.parts),
    nowUs(),
    await system.wal?.(),
    await system.counters?.(),
  ];
  await loop.end();
  const orders = loop.completed.length;
  return {
    placed: loop.placed,
    completed: loop.completed,
    perSecond: orders / ((toUs - fromUs) / 1_000_000),
    cpu: growthPerOrder(cpu, cpuAfter, orders),
    wal: wal && walAfter && walPerOrder(wal, walAfter, orders),
    counted: counters && countersAfter && growthPerOrder(counters, countersAfter, orders),
    window: { fromUs, toUs },
  };
}

class ClosedLoop {
  readonly placed: number[] = [];
  readonly completed: number[] = [];
  counting = false;
  #ended = false;
  #total = 0;
  readonly #workers: Promise<void>;

  constructor(
    private readonly system: RunningSystem,
    private readonly inFlight: number,
  ) {
    this.#workers = Promise.all(Array.from({ length: inFlight }, (_, n) => this.#work(n * BEGIN_EVERY_MS))).then(
      () => {},
    );
    this.#workers.catch(() => {}); // thrown by `filled` or `end`
  }

  async filled(): Promise<void> {
    const end = performance.now() + FILLED_WITHIN_MS;
    const isFilled = async (): Promise<void> => {
      while (this.#total < this.inFlight && performance.now() < end) await pause(POLL_MS);
    };
    await Promise.race([isFilled(), this.#workers]);
  }

  async end(): Promise<void> {
    this.#ended = true;
    const late = pause(ENDS_WITHIN_MS, undefined, { ref: false }).then(() => {
      throw new Error(`orders are not completed ${ENDS_WITHIN_MS / 1_000} s after the load has ended`);
    });
    await Promise.race([this.#workers, late]);
  }

  async #work(afterMs: number): Promise<void> {
    await pause(afterMs);
    while (!this.#ended) {
      const began = performance.now();
      const { completed } = await this.system.place();
      if (this.counting) this.placed.push(performance.now() - began);
      await completed;
      this.#total++;
      if (this.counting) this.completed.push(performance.now() - began);
    }
  }
}

const nowUs = (): number => Number(process.hrtime.bigint() / 1_000n);

const growthPerOrder = (
  before: Record<string, number>,
  after: Record<string, number>,
  orders: number,
): Record<string, number> =>
  Object.fromEntries(Object.keys(before).map((name) => [name, (after[name]! - before[name]!) / orders]));

const walPerOrder = (before: WalCounters, after: WalCounters, orders: number): LoadResult['wal'] => ({
  bytesPerOrder: (after.walBytes - before.walBytes) / orders,
  fullPagesPerOrder: (after.fullPages - before.fullPages) / orders,
  fsyncsPerOrder: (after.fsyncs - before.fsyncs) / orders,
});

/** Processor time of a system without load. Percent of a core. */
export async function idlePercent({ parts }: RunningSystem, seconds: number): Promise<number> {
  const before = total(cpuOf(parts));
  await pause(seconds * 1_000);
  return ((total(cpuOf(parts)) - before) / (seconds * 1_000)) * 100;
}

export const memoryMb = ({ parts }: RunningSystem): number => total(memoryMbOf(parts));

/** Names of the values that the table shows, so that row and measurement agree. */
export const valuesOf = ({ inFlight }: Load, { perSecond, cpu, wal }: LoadResult): Values => ({
  [`per second at ${inFlight}`]: perSecond,
  [`CPU ms at ${inFlight}`]: total(cpu),
  ...(wal && {
    [`WAL kB at ${inFlight}`]: wal.bytesPerOrder / 1_000,
    [`full pages at ${inFlight}`]: wal.fullPagesPerOrder,
    [`fsyncs at ${inFlight}`]: wal.fsyncsPerOrder,
  }),
});

export const aloneValues = ({ placed, completed }: LoadResult): Values => ({
  'ms to accepted, alone': median(placed),
  'ms to completed, alone': median(completed),
});

/** Where the processor time of an order is spent: `orders 2.8, PostgreSQL 8.5, ...` ms. */
export const cpuByPart = ({ cpu }: LoadResult): string =>
  Object.entries(cpu)
    .sort(([, one], [, other]) => other - one)
    .map(([part, ms]) => `${part} ${shown(ms, 1)}`)
    .join(', ');
