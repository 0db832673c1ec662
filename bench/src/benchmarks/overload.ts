import type { Benchmark, BenchRun } from '../benchmark.js';
import { loadOrders } from '../orders/load.js';
import { startSluice } from '../orders/sluice.js';
import type { RunningSystem, StartSystem } from '../orders/system.js';
import { startChain } from '../overload/chain.js';
import { drawingOf } from '../overload/drawing.js';
import { offerOrders } from '../overload/offer.js';
import { measureInTurn, type Values } from '../rounds.js';
import { quantile } from '../table/statistics.js';
import type { Aim, Row } from '../table/row.js';
import { ratioAtLeast, valueAtLeast, valueAtMost } from '../table/verdict.js';

const OURS = 'Sluice';
const CHAIN = 'synchronous chain';
const TIMES = 2;
const ACCEPTED = '% accepted';
const LOST = 'lost';
const P99 = 'ms p99 to accepted';

interface Side {
  start: StartSystem;
  /** Orders in flight with which the capacity is looked for: it is the best rate of all. */
  inFlight: readonly number[];
}

const SIDES: Readonly<Record<string, Side>> = {
  [OURS]: { start: startSluice, inFlight: [256] },
  [CHAIN]: { start: startChain, inFlight: [64, 128, 256] },
};

/** Twice the capacity of each system for half a minute. */
export const benchmark: Benchmark = {
  async measure(run) {
    const sides = Object.fromEntries(
      Object.entries(SIDES).map(([name, side]) => [name, () => measureSystem(name, side, run)]),
    );
    const options = { rounds: 1, withinSeconds: 200, progress: run.progress, required: [OURS, CHAIN] };
    const measured = await measureInTurn(sides, options);
    const row = (name: string, work: string, aim?: Aim): Row => ({
      work: `twice the capacity for 30 s: ${work}`,
      digits: 1,
      ours: measured.of(OURS, name),
      peers: { [CHAIN]: measured.of(CHAIN, name) },
      ...(aim && { aim }),
    });
    return [
      row(ACCEPTED, ACCEPTED, valueAtLeast(100)),
      row(ACCEPTED, '% accepted, beside a chain of calls that fails', ratioAtLeast(1.05)),
      row(LOST, LOST, valueAtMost(0)),
      row(P99, P99),
    ];
  },
};

async function measureSystem(name: string, { start, inFlight }: Side, run: BenchRun): Promise<Values> {
  const seconds = run.quick ? 3 : 30;
  const system = await start(run);
  try {
    const perSecond = (await capacityOf(system, inFlight, run)) * TIMES;
    const result = await offerOrders(system, { perSecond, seconds });
    for (const line of drawingOf(name, perSecond, result)) run.progress.line(line);
    const accepted = result.flatMap((second) => second.accepted);
    const sum = (field: 'failed' | 'lost'): number => result.reduce((all, second) => all + second[field], 0);
    const share = (accepted.length / (accepted.length + sum('failed'))) * 100;
    return { [ACCEPTED]: share, [LOST]: sum('lost'), [P99]: quantile(accepted, 0.99) };
  } finally {
    await system.stop();
  }
}

/** @returns the most orders per second */
async function capacityOf(system: RunningSystem, inFlight: readonly number[], { quick }: BenchRun): Promise<number> {
  await loadOrders(system, { inFlight: 32, seconds: quick ? 1 : 4 }); // warm-up
  const rates: number[] = [];
  for (const orders of inFlight)
    rates.push((await loadOrders(system, { inFlight: orders, seconds: quick ? 2 : 5 })).perSecond);
  return Math.max(...rates);
}
