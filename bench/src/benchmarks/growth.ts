import type { Benchmark } from '../benchmark.js';
import { drainBacklog } from '../growth/backlog.js';
import { checkpoint } from '../growth/copies.js';
import { startBeside, startGrown, type Grown } from '../growth/systems.js';
import { saturated } from '../hop/rounds.js';
import { spreadOut } from '../hop/stock.js';
import { aloneValues, loadOrders, valuesOf, type Load } from '../orders/load.js';
import { Measured, measureInTurn, type Values } from '../rounds.js';
import type { Row } from '../table/row.js';
import { ratioAtLeast, ratioAtMost } from '../table/verdict.js';

const FULL = 'with a million';
const EMPTY = 'without';
const STORED = 1_000_000;
const FULL_ROUND = { warm: 3, at64: 6, at256: 7, alone: 3, backlog: 1_500, hop: 3_000, checkpoint: 4 };
const QUICK_ROUND = { warm: 1, at64: 2, at256: 2, alone: 1, backlog: 300, hop: 300, checkpoint: 1 };
const HOP = 'hops per second';
const BACKLOG = 'backlog per second';
const BACKLOG_CPU = 'CPU ms, backlog';
/** The first change of a page after a checkpoint writes the page whole: docs/performance.md. */
const AFTER_CHECKPOINT = 'after a checkpoint: ';

/**
 * Two systems with the same load in turn, of which one has a million orders and a million handled messages per service
 * stored. Both run all the time: what the other one does without load is the same for both. The lines show the time
 * between two checkpoints, and then the time right after one, in which a large database writes the most.
 */
export const benchmark: Benchmark = {
  async measure(run) {
    const systems: Grown[] = [];
    const started = (system: Grown): Grown => (systems.push(system), system);
    try {
      const full = started(await startGrown(run, run.quick ? STORED / 1_000 : STORED));
      const empty = started(await startBeside(run));
      const measured = new Measured();
      for (const phase of phasesOf(run.quick ? QUICK_ROUND : FULL_ROUND)) {
        const sides = { [FULL]: () => phase(full), [EMPTY]: () => phase(empty) };
        await measureInTurn(sides, { ...OPTIONS, progress: run.progress, measured });
      }
      return rowsOf(measured);
    } finally {
      for (const system of systems) await system.close();
    }
  },
};

const OPTIONS = { rounds: 1, withinSeconds: 90, required: [FULL, EMPTY] };

type Phase = (system: Grown) => Promise<Values>;

/** Each is measured in both systems before the next: a machine that slows down does so for both. */
function phasesOf(round: typeof FULL_ROUND): Phase[] {
  const loaded =
    (load: Load): Phase =>
    async ({ sluice }) =>
      valuesOf(load, await loadOrders(sluice, load));
  return [
    // One has waited for minutes and the other has just started: V8 drops code that was not used, PostgreSQL its plans.
    async ({ sluice }) => (await loadOrders(sluice, { inFlight: 64, seconds: round.warm }), {}),
    loaded({ inFlight: 64, seconds: round.at64 }),
    loaded({ inFlight: 256, seconds: round.at256 }),
    async ({ sluice }) => aloneValues(await loadOrders(sluice, { inFlight: 1, seconds: round.alone })),
    async ({ sluice, servers }) => {
      const { perSecond, cpuPerOrder } = await drainBacklog(sluice, servers, round.backlog);
      return { [BACKLOG]: perSecond, [BACKLOG_CPU]: cpuPerOrder };
    },
    async ({ hop, feeder }) => ({ [HOP]: await saturated('group commit', hop, feeder, round.hop, spreadOut) }),
    async (system) => {
      await checkpoint(system.servers.postgresUrl);
      const values = Object.entries(await loaded({ inFlight: 256, seconds: round.checkpoint })(system));
      return Object.fromEntries(values.map(([name, value]) => [`${AFTER_CHECKPOINT}${name}`, value]));
    },
  ];
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
    row('backlog of orders, per second until payable', BACKLOG, AT_LEAST, 0),
    row('backlog of orders, CPU ms per order', BACKLOG_CPU, AT_MOST),
    row('hops per second', HOP, AT_LEAST, 0),
    row('right after a checkpoint, orders per second', `${AFTER_CHECKPOINT}per second at 256`, AT_LEAST),
    row('right after a checkpoint, CPU ms per order', `${AFTER_CHECKPOINT}CPU ms at 256`, AT_MOST),
    row('right after a checkpoint, WAL kB per order', `${AFTER_CHECKPOINT}WAL kB at 256`, AT_MOST),
    row('right after a checkpoint, whole pages in the WAL of an order', `${AFTER_CHECKPOINT}full pages at 256`),
  ];
}
