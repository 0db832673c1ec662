import type { Benchmark } from '../benchmark.js';
import { COST } from '../simulation/measured.js';
import { predict, TOLERANCE } from '../simulation/predictions.js';
import { resultOf, LINES, textOf } from '../simulation/scale.js';
import type { Row } from '../table/row.js';
import { ratioAtLeast, ratioAtMost } from '../table/verdict.js';

/**
 * How far the system goes: a simulation whose parameters are measured (simulation/measured.ts), beside the measurement
 * on two cores, and then for 10, 100 and 1,000 cores.
 */
export const benchmark: Benchmark = {
  async measure({ progress }) {
    const lines = LINES.map(resultOf);
    for (const line of textOf(lines)) progress.line(line);
    return [16, 64, 256].flatMap((inFlight) => besideMeasured(inFlight as keyof typeof COST));
  },
};

function besideMeasured(inFlight: keyof typeof COST): Row[] {
  const [simulated, measured] = [predict(inFlight), COST[inFlight]];
  const row = (work: string, ours: number, peer: number, aim?: Row['aim']): Row => ({
    work: `two cores, ${inFlight} in flight: ${work}`,
    digits: 1,
    ours: [ours],
    peers: { measured: [peer] },
    ...(aim && { aim }),
  });
  return [
    row('orders per second, not less', simulated.perSecond, measured.perSecond, ratioAtLeast(1 - TOLERANCE)),
    row('orders per second, not more', simulated.perSecond, measured.perSecond, ratioAtMost(1 + TOLERANCE)),
    row('ms to completed, median', simulated.p50, measured.completedMs.p50),
    row('fsyncs per order', simulated.fsyncs, measured.fsyncs),
  ];
}
