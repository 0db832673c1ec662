import { setTimeout as pause } from 'node:timers/promises';
import { remove, temporaryStateDirectory } from '@sluice/stack/private-servers';
import type { Benchmark, BenchRun } from '../benchmark.js';
import { audit } from '../orders/audit.js';
import { aloneValues, cpuByPart, idlePercent, loadOrders, memoryMb, valuesOf, type Load } from '../orders/load.js';
import { startSluice } from '../orders/sluice.js';
import type { RunningSystem, StartSystem } from '../orders/system.js';
import { peerSystems } from '../orders/peers.js';
import type { Window } from '../profile/causes.js';
import { emptyFolder, reportProfiles } from '../profile/report.js';
import { measureInTurn, type Measured, type Values } from '../rounds.js';
import type { Aim, Row } from '../table/row.js';
import { ratioAtLeast, ratioAtMost, valueAtMost } from '../table/verdict.js';

const OURS = 'Sluice';
/** Time for what the load has left behind: outboxes, connections, garbage. */
const SETTLE_MS = 3_000;
const MEMORY = 'MB after load';
const IDLE = '% of a core when idle';

const FULL = { warm: 2, alone: 4, at64: 7, at256: 8, idle: 3 };
const QUICK = { warm: 2, alone: 2, at64: 2, at256: 2, idle: 1 };
type Seconds = typeof FULL;

/**
 * Orders from the request to the last parcel, in Sluice and in what a team would take instead. Each system is started
 * for its measurement and stopped behind it, so that none takes the processor from another.
 */
export const benchmark: Benchmark = {
  async measure(run) {
    if (run.profiles) emptyFolder(run.profiles);
    const systems: Record<string, StartSystem> = {
      [OURS]: startFresh,
      ...(run.profiles ? {} : await peerSystems(run)),
    };
    const sides = Object.fromEntries(
      Object.entries(systems).map(([name, start]) => [name, () => measureSystem(name, start, run)]),
    );
    const rounds = run.quick || run.profiles ? 1 : 2;
    const measured = await measureInTurn(sides, {
      rounds,
      withinSeconds: 300,
      progress: run.progress,
      required: [OURS],
    });
    return rowsOf(measured, Object.keys(systems).slice(1));
  },
};

/** With fresh data in every round, as its peers: rows of the round before bring checkpoints and vacuums. */
const startFresh: StartSystem = async (run) => {
  const stateDirectory = temporaryStateDirectory();
  await run.shutdown.add('the data of a round', () => remove(stateDirectory));
  const system = await startSluice({ ...run, stateDirectory });
  const stop = async (): Promise<void> => {
    await system.stop();
    await remove(stateDirectory);
  };
  return { ...system, audit: () => audit(stateDirectory, run.progress), stop };
};

async function measureSystem(name: string, start: StartSystem, run: BenchRun): Promise<Values> {
  const system = await start(run);
  let stopped = false;
  try {
    const { values, window } = await measurePhases(name, system, run);
    stopped = true;
    await system.stop();
    if (name === OURS && run.profiles) reportProfiles(run, run.profiles, window);
    return values;
  } finally {
    if (!stopped) await system.stop();
  }
}

async function measurePhases(
  name: string,
  system: RunningSystem,
  run: BenchRun,
): Promise<{ values: Values; window: Window }> {
  const seconds: Seconds = run.quick ? QUICK : FULL;
  const measure = async (load: Load) => {
    const result = await loadOrders(system, load);
    run.progress.line(`${name}, ${load.inFlight} in flight, CPU ms per order: ${cpuByPart(result)}`);
    return result;
  };
  await loadOrders(system, { inFlight: 32, seconds: seconds.warm });
  const [few, many] = [
    { inFlight: 64, seconds: seconds.at64 },
    { inFlight: 256, seconds: seconds.at256 },
  ];
  const fewValues = valuesOf(few, await measure(few));
  const loaded = await measure(many);
  const memory = { [MEMORY]: memoryMb(system) };
  await pause(SETTLE_MS);
  const idle = { [IDLE]: await idlePercent(system, seconds.idle) };
  // Last: one order at a time calls no function often enough for its runtime to compile it well.
  const alone = aloneValues(await loadOrders(system, { inFlight: 1, seconds: seconds.alone }));
  await system.audit?.();
  return {
    values: { ...alone, ...fewValues, ...valuesOf(many, loaded), ...memory, ...idle },
    window: loaded.window,
  };
}

function rowsOf(measured: Measured, peers: readonly string[]): Row[] {
  const row = (work: string, name: string, aim?: Aim, digits = 1): Row => ({
    work: `orders: ${work}`,
    digits,
    ours: measured.of(OURS, name),
    peers: Object.fromEntries(peers.map((peer) => [peer, measured.of(peer, name)])),
    ...(aim && { aim }),
  });
  return [
    row('completed per second, 256 in flight', 'per second at 256', ratioAtLeast(3)),
    row('completed per second, 64 in flight', 'per second at 64', ratioAtLeast(3)),
    row('CPU ms per order, 256 in flight', 'CPU ms at 256', ratioAtMost(0.33)),
    row('CPU ms per order, 64 in flight', 'CPU ms at 64', ratioAtMost(0.33)),
    row('alone, ms to accepted', 'ms to accepted, alone', ratioAtMost(1.5)),
    row('alone, ms to completed', 'ms to completed, alone', ratioAtMost(1)),
    row('WAL kB per order, 256 in flight', 'WAL kB at 256', valueAtMost(20)),
    row('fsyncs per order, 256 in flight', 'fsyncs at 256', valueAtMost(0.5), 2),
    row('MB of all processes after load', MEMORY, valueAtMost(800), 0),
    row('% of a core when idle', IDLE, valueAtMost(4)),
  ];
}
