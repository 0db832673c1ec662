// @ts-nocheck
/** How long each environment stays sick, at full length. Milliseconds. */
const SECOND = 1_000;
const MINUTE = 60_000;

/**
 * @typedef {object} Sickness a fault that lasts and kills nothing
 * @property {string} key for `--only` @property {string} name @property {number} holdMs
 * @property {import('../plan.js').Part[]} parts
 * @property {boolean} flows whether orders that have nothing to do with it must go on meanwhile
 */

/** The keys of all faults of the long form, in the order of docs/reliability.md. */
export const LONG_FAULTS = /** @type {const} */ [
  'read-only',
  'disk-full',
  'refusing',
  'row-locked',
  'alarm',
  'providers',
  'clocks',
  'queue-gone',
  'versions',
];

/**
 * What the long form does: an environment that is sick for minutes. One after the other, so that each can be seen to end.
 * @param {readonly string[]} services @param {import('../random.js').Random} random
 * @returns {Sickness[]}
 */
export function sicknesses(services, random) {
  const [ahead, behind] = random.shuffled(services);
  return [
    stops('read-only', 'PostgreSQL is read-only', 3 * MINUTE, { kind: 'read-only' }),
    stops('disk-full', "PostgreSQL's disk is full", 2 * MINUTE, { kind: 'disk-full' }),
    stops('refusing', 'PostgreSQL refuses connections', 3 * MINUTE, { kind: 'refuse', to: 'database' }),
    flows('row-locked', 'a shelf and an order locked by somebody', 2 * MINUTE, { kind: 'lock', sku: 'MUG' }),
    stops('alarm', "the broker's disk is full", 5 * MINUTE, { kind: 'disk-alarm' }),
    stops('providers', 'every provider away, then answering 500, then slow by 8 s', 8 * MINUTE, {
      kind: 'providers',
      phases: { away: 4, broken: 2, slow: 2 },
    }),
    flows('clocks', `clocks of ${ahead} 10 min ahead, of ${behind} 10 min behind`, 2 * MINUTE, {
      kind: 'clocks',
      offsets: { [ahead]: 10 * MINUTE, [behind]: -10 * MINUTE },
    }),
    flows('queue-gone', 'notifications.events deleted while its messages wait', 75 * SECOND, {
      kind: 'queue-gone',
      service: 'notifications',
      queue: 'notifications.events',
    }),
    flows('versions', 'two versions of notifications at once', 90 * SECOND, { kind: 'versions' }),
  ];
}

const stops = (key, name, holdMs, part) => ({ key, name, holdMs, parts: [part], flows: false });
const flows = (key, name, holdMs, part) => ({ key, name, holdMs, parts: [part], flows: true });
