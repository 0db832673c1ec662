import { Random } from './random.mjs';

/** A dead peer is noticed after three heartbeats of 5 s (libs/messaging, connection.ts): these last longer. Milliseconds. */
const BEYOND_HEARTBEATS = [16_000, 20_000];
/** Long enough for every kind of request to meet it. Milliseconds. */
const A_WHILE = [6_000, 10_000];
/** Between a recovery and the next fault, so that faults meet the system at all stages of its work. Milliseconds. */
const PAUSE = [500, 4_000];
const NO_TIME = [0, 0];

/**
 * @typedef {object} Part what is done; for a while, or once
 * @property {'kill' | 'kill-broker' | 'kill-postgres' | 'reset' | 'swallow' | 'delay' | 'disk-alarm' | 'freeze'} kind
 * @property {string[]} [victims] services @property {'broker' | 'database'} [to] whose connections
 */

/** @typedef {{ name: string, parts: Part[], pauseMs: number, holdMs: number }} Fault pauseMs: before it; holdMs: how long it lasts */

/**
 * The faults of a run: the same ones, at the same times, for the same seed.
 * @param {number} seed @param {readonly string[]} services @param {{ short?: boolean }} [options] short: those that find the most in a minute
 * @returns {Fault[]}
 */
export function planOf(seed, services, { short = false } = {}) {
  const random = new Random(seed);
  const kinds = short ? shortKinds(services, random) : allKinds(services, random);
  return random.shuffled(kinds).map(({ name, parts, hold }) => ({ name, parts, pauseMs: random.between(...(short ? [300, 1_000] : PAUSE)), holdMs: random.between(...hold) }));
}

const allKinds = (services, random) => [
  ...services.map((service) => kill([service])),
  kill(random.shuffled(services).slice(0, 2)),
  once('kill -9 the broker', { kind: 'kill-broker' }),
  once('kill -9 PostgreSQL', { kind: 'kill-postgres' }),
  once('reset all connections to the broker', { kind: 'reset', to: 'broker' }),
  once('reset all connections to PostgreSQL', { kind: 'reset', to: 'database' }),
  lasting('black hole to the broker', BEYOND_HEARTBEATS, { kind: 'swallow', to: 'broker' }),
  lasting('black hole to PostgreSQL', BEYOND_HEARTBEATS, { kind: 'swallow', to: 'database' }),
  lasting('2 s each way to the broker', A_WHILE, { kind: 'delay', to: 'broker' }),
  lasting('2 s each way to PostgreSQL', A_WHILE, { kind: 'delay', to: 'database' }),
  lasting("the broker's disk is full", A_WHILE, { kind: 'disk-alarm' }),
  freeze(random.pick(services)),
];

/** A frozen service and a swallowed connection do not hide each other: one is away, the others cannot be reached. */
function shortKinds(services, random) {
  const hole = { kind: /** @type {const} */ ('swallow'), to: /** @type {const} */ ('broker') };
  const frozen = random.pick(services.filter((service) => service !== 'gateway')); // else nobody would meet the black hole
  return [
    kill(random.shuffled(services).slice(0, 2)),
    once('kill -9 the broker', { kind: 'kill-broker' }),
    once('kill -9 PostgreSQL', { kind: 'kill-postgres' }),
    once('reset all connections to PostgreSQL', { kind: 'reset', to: 'database' }),
    lasting(`black hole to the broker, ${frozen} frozen`, [16_000, 16_500], hole, { kind: 'freeze', victims: [frozen] }),
  ];
}

const once = (name, ...parts) => ({ name, parts, hold: NO_TIME });
const lasting = (name, hold, ...parts) => ({ name, parts, hold });
const kill = (victims) => once(`SIGKILL ${victims.join(' and ')}`, { kind: 'kill', victims });
const freeze = (service) => lasting(`SIGSTOP ${service}`, BEYOND_HEARTBEATS, { kind: 'freeze', victims: [service] });
