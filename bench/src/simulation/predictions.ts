import type { ServiceName } from './flow.js';
import { oneMachine, type Layout } from './layout.js';
import { COST } from './measured.js';
import { PARAMETERS } from './parameters.js';
import { simulate, type Simulated } from './simulate.js';

/** Cores of the machine on which the costs were measured. */
const CORES = 2;
const ORDERS = 2_000;

/** By how much the simulation may differ from what is measured: so much do two measurements on a shared machine. */
export const TOLERANCE = 0.2;

const measuredMachine = (): Layout => ({ ...oneMachine(CORES), loadMs: COST[64].loadMs });

/** What the simulation says of the system that was measured. */
export const predict = (inFlight: number, layout: Partial<Layout> = {}): Simulated =>
  simulate({
    layout: { ...measuredMachine(), ...layout },
    load: { inFlight },
    parameters: PARAMETERS,
    orders: ORDERS,
  });

/** Orders per second with one and with two processes of a service, each with a share of a core. */
export function predictReplicas(service: ServiceName, share: number, inFlight: number): { one: number; two: number } {
  const perSecond = (processes: number): number =>
    predict(inFlight, {
      shares: { [service]: share },
      processes: { ...oneMachine(CORES).processes, [service]: processes },
    }).perSecond;
  return { one: perSecond(1), two: perSecond(2) };
}
