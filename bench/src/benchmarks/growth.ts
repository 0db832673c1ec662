import type { Benchmark, BenchRun } from '../benchmark.js';
import { drainBacklog } from '../growth/backlog.js';
import { startBeside, startGrown, type Grown } from '../growth/systems.js';
import { saturated } from '../hop/rounds.js';
import { spreadOut } from '../hop/stock.js';
import { aloneValues, loadOrders, valuesOf, type Load } from '../orders/load.js';
import { measureInTurn, type Measured, type Values } from '../rounds.js';
import type { Row } from '../table/row.js';
import { ratioAtLeast, ratioAtMost } from '../table/verdict.js';

const FULL = 'with a million';
const EMPTY = 'without';
const STORED = 1_000_000;
const FULL_ROUND = { alone: 2, at64: 6, at256: 8, backlog: 1_500, hop: 3_000 };
const QUICK_ROUND = { alone: 1, at64: 2, at256: 2, backlog: 300, hop: 300 };
const HOP = 'hops per second';
const BACKLOG = 'backlog per second';
const BACKLOG_CPU = 'CPU ms, backlog';

/**
 * Two systems with the same load in turn, of which one has a million orders and a million handled messages per service
 * stored. Both run all the time: what the other one does without load is the same for both.
 */
export const benchmark: Benchmark = {
  async measure(run) {
    const systems: Grown[] = [];
    const started = (system: Grown): Grown => (systems.push(system), system);
    try {
      const full = started(await startGrown(run, run.quick ? STORED / 1_000 : STORED));
      const empty = started(await startBeside(run));
      const sides = { [FULL]: () => measure(full, run), [EMPTY]: () => measure(empty, run) };
      const options = { rounds: 1, withinSeconds: 90, progress: run.progress };
      return rowsOf(await measureInTurn(sides, { ...options, required: [FULL, EMPTY] }));
    } finally {
      for (const system of systems) await system.close();
    }
  },
};

async function measure({ sluice, servers, hop, feeder }: Grown, { quick }: BenchRun): Promise<Values> {
  const round = quick ? QUICK_ROUND : FULL_ROUND;
  const alone = aloneValues(await loadOrders(sluice, { inFlight: 1, seconds: round.alone }));
  const loaded = async (load: Load): Promise<Values> => valuesOf(load, await loadOrders(sluice, load));
  const few = await loaded({ inFlight: 64, seconds: round.at64 });
  const many = await loaded({ inFlight: 256, seconds: round.at256 });
  const { perSecond, cpuPerOrder } = await drainBacklog(sluice, servers, round.backlog);
  const hops = await saturated('group commit', hop, feeder, round.hop, spreadOut);
  return { ...alone, ...few, ...many, [BACKLOG]: perSecond, [BACKLOG_CPU]: cpuPerOrder, [HOP]: hops };
}

const AT_LEAST = ratioAtLeast(0.8);
const AT_MOST = ratioAtMost(1.2);

function rowsOf(measured: Measured): Row[] {
  const row = (work: string, name: string, aim?: Row['aim'], digits = 1): Row => ({
    work: `with a million orders stored: ${work}`,
    digits,
    ours: measured.of(FULL, name),
    peers: { [EMPTY]: measured.of(EMPTY, name) },
    ...(aim && { aim }),
  });
  return [
    row('orders per second, 256 in flight', 'per second at 256', AT_LEAST),
    row('orders per second, 64 in flight', 'per second at 64', AT_LEAST),
    row('CPU ms per order, 256 in flight', 'CPU ms at 256', AT_MOST),
    row('CPU ms per order, 64 in flight', 'CPU ms at 64', AT_MOST),
    row('alone, ms to accepted', 'ms to accepted, alone', AT_MOST),
    row('alone, ms to completed', 'ms to completed, alone', AT_MOST),
    row('WAL kB per order, 256 in flight', 'WAL kB at 256', AT_MOST),
    row('whole pages in the WAL of an order, right after a checkpoint', 'full pages at 256'),
    row('backlog of orders, per second until payable', BACKLOG, AT_LEAST, 0),
    row('backlog of orders, CPU ms per order', BACKLOG_CPU, AT_MOST),
    row('hops per second', HOP, AT_LEAST, 0),
  ];
}
