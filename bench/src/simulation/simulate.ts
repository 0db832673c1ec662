import { quantile } from '../table/statistics.js';
import { Clock } from './clock.js';
import { SERVICES } from './flow.js';
import type { Layout } from './layout.js';
import type { Parameters } from './parameters.js';
import { exponential, randomNumbers } from './random.js';
import { SimulatedSystem } from './system.js';

/** So many orders that are in flight all the time, or orders that come at random, whoever waits. */
export type SimulatedLoad = { inFlight: number } | { perSecond: number };

export interface SimulationOptions {
  layout: Layout;
  load: SimulatedLoad;
  parameters: Parameters;
  /** Orders that are counted; as many before them, or as many as are in flight, fill the system. */
  orders: number;
  seed?: number;
}

export interface Simulated {
  perSecond: number;
  /** From the request to the completion. Milliseconds. */
  p50: number;
  p99: number;
  /** Share of the time in which the busiest of each kind was busy: a process, a server, a leader, a row. */
  busiest: Readonly<Record<string, number>>;
  /** Processor time per order. Milliseconds. */
  cpuMs: number;
  /** Per order. */
  commits: number;
  fsyncs: number;
  amqpMessages: number;
}

/** Runs the system until enough orders are completed. @returns the same for the same seed */
export function simulate({ layout, load, parameters, orders, seed = 1 }: SimulationOptions): Simulated {
  const clock = new Clock();
  const random = randomNumbers(seed);
  const system = new SimulatedSystem(clock, layout, parameters, random);
  const filling = 'inFlight' in load ? Math.max(load.inFlight, orders) : orders;
  const times: number[] = [];
  const readings: Reading[] = [];
  let done = 0;
  const begin = (): void => {
    const began = clock.now;
    const completed = (): void => {
      done += 1;
      if (done > filling) times.push(clock.now - began);
      if (done === filling || done === filling + orders) readings.push(read(system));
      if ('inFlight' in load) begin();
    };
    system.place({ hot: random() < layout.hotShare, completed });
  };
  if ('inFlight' in load) beginAll(clock, load.inFlight, begin);
  else comeAtRandom(clock, () => exponential(random, 1_000 / load.perSecond), begin);
  clock.run(() => readings.length === 2);
  return resultOf(system, readings[0]!, readings[1]!, times);
}

/** One after the other: orders that begin together stay together. */
function beginAll(clock: Clock, inFlight: number, begin: () => void): void {
  const everyMs = Math.min(20, 2_000 / inFlight);
  for (let n = 0; n < inFlight; n++) clock.after(n * everyMs, begin);
}

function comeAtRandom(clock: Clock, pauseMs: () => number, begin: () => void): void {
  const come = (): void => {
    begin();
    clock.after(pauseMs(), come);
  };
  clock.after(pauseMs(), come);
}

/** Totals at a moment. Times in ms, of one place. */
interface Reading {
  at: number;
  machineMs: number;
  commits: number;
  fsyncs: number;
  amqpMessages: number;
  busyMs: Readonly<Record<string, readonly number[]>>;
}

const sumOf = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

function read({ clock, machine, gateways, processes, databases, broker, commits, lockedMs }: SimulatedSystem): Reading {
  const ofServices = SERVICES.map(
    (service) => [service, processes[service].map(({ thread }) => thread.busyMs)] as const,
  );
  return {
    at: clock.now,
    machineMs: machine.busyMs,
    commits: sumOf(Object.values(commits)),
    fsyncs: sumOf(databases.map(({ fsyncs }) => fsyncs)),
    amqpMessages: broker.messages,
    busyMs: {
      cores: [machine.busyMs / machine.cores],
      gateway: gateways.map(({ thread }) => thread.busyMs),
      ...Object.fromEntries(ofServices),
      PostgreSQL: databases.map(({ cpu }) => cpu.busyMs / cpu.places),
      WAL: databases.map(({ logMs }) => logMs),
      'broker node': broker.nodes.map((node) => node.busyMs / node.places),
      leader: [...broker.leaders.values()].map(({ busyMs }) => busyMs),
      row: [lockedMs],
    },
  };
}

function resultOf(system: SimulatedSystem, from: Reading, to: Reading, times: readonly number[]): Simulated {
  const ms = to.at - from.at;
  const busiest = Object.entries(to.busyMs).map(([kind, after]) => {
    const before = from.busyMs[kind]!;
    return [kind, Math.max(0, ...after.map((value, index) => (value - (before[index] ?? 0)) / ms))] as const;
  });
  const perOrder = (name: 'machineMs' | 'commits' | 'fsyncs' | 'amqpMessages'): number =>
    (to[name] - from[name]) / times.length;
  return {
    perSecond: (times.length / ms) * 1_000,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    busiest: Object.fromEntries(busiest),
    cpuMs: perOrder('machineMs'),
    commits: perOrder('commits'),
    fsyncs: perOrder('fsyncs'),
    amqpMessages: perOrder('amqpMessages'),
  };
}
