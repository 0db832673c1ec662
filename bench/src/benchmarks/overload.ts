import type { Benchmark, BenchRun } from '../benchmark.js';
import { loadOrders } from '../orders/load.js';
import { startSluice } from '../orders/sluice.js';
import type { StartSystem } from '../orders/system.js';
import { startChain } from '../overload/chain.js';
import { drawing, offerOrders } from '../overload/offer.js';
import { measureInTurn, type Values } from '../rounds.js';
import { median, quantile, shown } from '../table/statistics.js';
import type { Aim, Row } from '../table/row.js';
import { valueAtMost } from '../table/verdict.js';

const OURS = 'Sluice';
const CHAIN = 'synchronous chain';
const TIMES = 2;
const ACCEPTED = '% accepted';
const LOST = 'lost';
const P99 = 'ms p99 to accepted';

/** In flight while the capacity is measured: the chain has 10 connections per service, and fails with more of them. */
const IN_FLIGHT = { [OURS]: 256, [CHAIN]: 32 };

/** Twice the capacity of each system for half a minute. */
export const benchmark: Benchmark = {
  async measure(run) {
    const sides = {
      [OURS]: () => measureSystem(OURS, startSluice, run),
      [CHAIN]: () => measureSystem(CHAIN, startChain, run),
    };
    const options = { rounds: 1, withinSeconds: 200, progress: run.progress, required: [OURS, CHAIN] };
    const measured = await measureInTurn(sides, options);
    const row = (name: string, aim?: Aim): Row => ({
      work: `twice the capacity for 30 s: ${name}`,
      digits: 1,
      ours: measured.of(OURS, name),
      peers: { [CHAIN]: measured.of(CHAIN, name) },
      ...(aim && { aim }),
    });
    return [row(ACCEPTED, { of: 'value', atLeast: 100 }), row(LOST, valueAtMost(0)), row(P99)];
  },
};

async function measureSystem(name: keyof typeof IN_FLIGHT, start: StartSystem, run: BenchRun): Promise<Values> {
  const [capacitySeconds, seconds] = run.quick ? [2, 3] : [8, 30];
  const system = await start(run);
  try {
    await loadOrders(system, { inFlight: 32, seconds: capacitySeconds / 2 }); // warm-up
    const { perSecond } = await loadOrders(system, { inFlight: IN_FLIGHT[name], seconds: capacitySeconds });
    const { accepted, failed, lost, waits } = await offerOrders(system, { perSecond: perSecond * TIMES, seconds });
    const medians = waits.map((times) => (times.length > 0 ? median(times) : 0));
    run.progress.line(
      `${name}, ${shown(perSecond * TIMES)} offered per second, wait until completed by second: ` +
        `${drawing(medians)} at most ${shown(Math.max(...medians) / 1_000, 1)} s`,
    );
    const share = (accepted.length / (accepted.length + failed)) * 100;
    return { [ACCEPTED]: share, [LOST]: lost, [P99]: quantile(accepted, 0.99) };
  } finally {
    await system.stop();
  }
}
