import { freePort } from '@sluice/stack/ports';
import type { Benchmark, BenchRun } from '../benchmark.js';
import { Costs, linesOf, type Cost } from '../cost/cost.js';
import { loadOrders } from '../orders/load.js';
import { startSluice, type Sluice } from '../orders/sluice.js';
import { Quota } from '../replicas/quota.js';
import { predictReplicas, TOLERANCE } from '../simulation/predictions.js';
import type { Row } from '../table/row.js';
import { ratioAtLeast, ratioAtMost } from '../table/verdict.js';

/** The service that gets a second process, and the share of a core that each of its processes may use. */
const SERVICE = 'orders';
const SHARE = 0.08;
const LOAD = { inFlight: 128, seconds: 5 };

/**
 * Whether a second process of a service carries what the simulation says, on two cores: each process of one service gets
 * a small share of a core, so that it is the wall, and the rest of the machine is not. Beside that a second gateway without
 * requests, whose processor time is what every gateway spends on the orders of all others.
 */
export const benchmark: Benchmark = {
  async measure(run) {
    const system = await startSluice(run);
    try {
      const costs = await Costs.of(system);
      const rows = await measureAll(system, costs, run);
      await costs.close();
      return rows;
    } finally {
      await system.stop();
    }
  },
};

/** All processes are there from the beginning, so that each is as warm as the others. */
async function measureAll(system: Sluice, costs: Costs, run: BenchRun): Promise<Row[]> {
  const endGateway = await system.supervisor.another('gateway', { PORT: String(await freePort()) });
  const endService = await system.supervisor.another(SERVICE, {});
  await loadOrders(system, { inFlight: 64, seconds: run.quick ? 1 : 4 }); // warm-up
  const gateway = await idleGateway(system, costs, run);
  await endGateway();
  return [gateway, ...(await twoAndOne(system, costs, run, endService))];
}

async function idleGateway(system: Sluice, costs: Costs, run: BenchRun): Promise<Row> {
  const [busy, idle] = system.partsNow()['gateway']!;
  const cost = await costs.measure(loadOf(run), { busy: [busy!], idle: [idle!] });
  return {
    work: 'CPU ms per order of a gateway without requests, beside that with all',
    digits: 2,
    ours: [cost.cpu['idle']!],
    peers: { 'with all': [cost.cpu['busy']!] },
  };
}

async function twoAndOne(system: Sluice, costs: Costs, run: BenchRun, endOne: () => Promise<void>): Promise<Row[]> {
  const quotas = system.partsNow()[SERVICE]!.map((pid) => Quota.of(pid, SHARE));
  try {
    if (quotas.includes(undefined)) {
      run.progress.line('no control group can be made here, so one and two processes are not compared');
      return [];
    }
    const two = await measured(system, costs, run, 'two processes');
    quotas.pop()!.end();
    await endOne();
    return rowsOf(await measured(system, costs, run, 'one process'), two);
  } finally {
    for (const quota of quotas) quota?.end();
  }
}

async function measured(system: Sluice, costs: Costs, run: BenchRun, name: string): Promise<Cost> {
  const cost = await costs.measure(loadOf(run), system.partsNow());
  run.progress.line(`${name} of ${SERVICE}, each with ${SHARE * 100} % of a core`);
  for (const line of linesOf(cost)) run.progress.line(line);
  return cost;
}

const loadOf = (run: BenchRun) => (run.quick ? { ...LOAD, seconds: 2 } : LOAD);

/** What was measured, beside what the simulation has said for the same: met when it is within the tolerance. */
function rowsOf(one: Cost, two: Cost): Row[] {
  const predicted = predictReplicas(SERVICE, SHARE, LOAD.inFlight);
  const row = (work: string, ours: number, peer: number, digits: number): Row[] => {
    const base = { digits, ours: [ours], peers: { simulated: [peer] } };
    return [
      { ...base, work: `${work}, not less`, aim: ratioAtLeast(1 - TOLERANCE) },
      { ...base, work: `${work}, not more`, aim: ratioAtMost(1 + TOLERANCE) },
    ];
  };
  return [
    ...row(`one process of ${SERVICE}: orders per second`, one.perSecond, predicted.one, 1),
    ...row(`two processes of ${SERVICE}: orders per second`, two.perSecond, predicted.two, 1),
    ...row('two processes to one', two.perSecond / one.perSecond, predicted.two / predicted.one, 2),
  ];
}
