// @ts-nocheck
import { sicknesses } from './long/plan.js';
import { Random } from './random.js';

/** A dead peer is noticed after three heartbeats of 5 s (libs/messaging, connection.ts): these last longer. Milliseconds. */
const BEYOND_HEARTBEATS = [16_000, 20_000];
/** Long enough for every kind of request to meet it. Milliseconds. */
const A_WHILE = [6_000, 10_000];
/** Between a recovery and the next fault, so that faults meet the system at all stages of its work. Milliseconds. */
const PAUSE = [500, 4_000];
const NO_TIME = [0, 0];

/**
 * @typedef {object} Part what is done; for a while, or once
 * @property {'kill' | 'kill-broker' | 'kill-postgres' | 'reset' | 'swallow' | 'delay' | 'disk-alarm' | 'freeze'
 *   | 'read-only' | 'disk-full' | 'refuse' | 'lock' | 'providers' | 'clocks' | 'queue-gone' | 'versions'} kind those of the second line: of the long form
 * @property {string[]} [victims] services @property {'broker' | 'database'} [to] whose connections
 * @property {string} [sku] whose shelves @property {Record<string, number>} [phases] share of the time, by what the providers do
 * @property {Record<string, number>} [offsets] ms that a clock is ahead, by service @property {string} [service] @property {string} [queue]
 */

/**
 * @typedef {object} Fault
 * @property {string} name @property {Part[]} parts @property {number} pauseMs before it @property {number} holdMs how long it lasts
 * @property {string} [key] of the long form @property {boolean} [flows] whether orders must go on meanwhile
 */

/**
 * Which faults, and how long.
 * @typedef {object} Form
 * @property {boolean} [short] those that find the most in a minute @property {boolean} [long] those that last for minutes
 * @property {number} [scale] of the long form: 1 is full length @property {readonly string[]} [only] of the long form: keys
 */

/**
 * The faults of a run: the same ones, at the same times, for the same seed.
 * @param {number} seed @param {readonly string[]} services @param {Form} [form]
 * @returns {Fault[]}
 */
export function planOf(seed, services, { short = false, long = false, scale = 1, only } = {}) {
  const random = new Random(seed);
  if (long) return longPlan(services, random, { scale, only });
  const kinds = short ? shortKinds(services, random) : allKinds(services, random);
  return random.shuffled(kinds).map(({ name, parts, hold }) => ({
    name,
    parts,
    pauseMs: random.between(...(short ? [300, 1_000] : PAUSE)),
    holdMs: random.between(...hold),
  }));
}

/** All are drawn, and then those left out that nobody wants: `--only` repeats a fault as it was in the whole run. */
const longPlan = (services, random, { scale, only }) =>
  random
    .shuffled(sicknesses(services, random))
    .map((fault) => ({ ...fault, pauseMs: random.between(...PAUSE), holdMs: Math.round(fault.holdMs * scale) }))
    .filter(({ key }) => !only || only.includes(key));

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
  const hole = { kind: /** @type {const} */ 'swallow', to: /** @type {const} */ 'broker' };
  const frozen = random.pick(services.filter((service) => service !== 'gateway')); // else nobody would meet the black hole
  return [
    kill(random.shuffled(services).slice(0, 2)),
    once('kill -9 the broker', { kind: 'kill-broker' }),
    once('kill -9 PostgreSQL', { kind: 'kill-postgres' }),
    once('reset all connections to PostgreSQL', { kind: 'reset', to: 'database' }),
    lasting(`black hole to the broker, ${frozen} frozen`, [16_000, 16_500], hole, {
      kind: 'freeze',
      victims: [frozen],
    }),
  ];
}

const once = (name, ...parts) => ({ name, parts, hold: NO_TIME });
const lasting = (name, hold, ...parts) => ({ name, parts, hold });
const kill = (victims) => once(`SIGKILL ${victims.join(' and ')}`, { kind: 'kill', victims });
const freeze = (service) => lasting(`SIGSTOP ${service}`, BEYOND_HEARTBEATS, { kind: 'freeze', victims: [service] });
