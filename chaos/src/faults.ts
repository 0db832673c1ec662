// @ts-nocheck
import { setTimeout as sleep } from 'node:timers/promises';
import { runningPostgres } from '@sluice/stack/postgres/postgres';
import { brokerControl, runningNode } from '@sluice/stack/rabbitmq/rabbitmq';
import { managementOf } from '@sluice/stack/rabbitmq/operator';
import { DISK_FREE_LIMIT } from '@sluice/stack/rabbitmq/settings';
import { clocks } from './long/clocks.js';
import { diskFull, lock, readOnly, refuse } from './long/database.js';
import { phasesOf } from './long/providers.js';
import { queueGone } from './long/queue-gone.js';
import { versions } from './long/versions.js';

const DELAY_MS = 2_000;
/** More than any disk has free, and what the broker is configured with. */
const DISK = { full: '1000000GB', fine: DISK_FREE_LIMIT };

/**
 * @typedef {object} Begun
 * @property {() => unknown} lift ends it @property {() => boolean | Promise<boolean>} [seen] at its end: whether it was really there
 */

/**
 * How each kind of fault is done; each gives what ends it, or nothing when it has ended. What has died is started again by the
 * supervisor alone.
 * @type {Record<string, (part: import('./plan.js').Part, victim: import('./system.js').Victim, holdMs: number) => Begun | void | Promise<Begun | void>>}
 */
const KINDS = {
  kill: ({ victims }, { supervisor }) => victims.forEach((service) => send('SIGKILL', supervisor.processOf(service))),
  'kill-broker': (_, { stateDirectory }) => send('SIGKILL', runningNode(stateDirectory)),
  'kill-postgres': (_, { stateDirectory }) => send('SIGKILL', runningPostgres(stateDirectory)),
  reset: ({ to }, { proxies }) => proxies[to].reset(),
  swallow: ({ to }, { proxies }) => (proxies[to].swallow(), { lift: () => proxies[to].pass() }),
  delay: ({ to }, { proxies }) => (proxies[to].delay(DELAY_MS), { lift: () => proxies[to].pass() }),
  'disk-alarm': async (_, { stateDirectory, servers }) => {
    await brokerControl(stateDirectory, 'set_disk_free_limit', DISK.full);
    return {
      lift: () => brokerControl(stateDirectory, 'set_disk_free_limit', DISK.fine),
      seen: () => diskAlarm(servers),
    };
  },
  freeze: ({ victims }, { supervisor }) => {
    const frozen = victims.map((service) => supervisor.processOf(service));
    frozen.forEach((record) => send('SIGSTOP', record));
    return { lift: () => frozen.forEach((record) => send('SIGCONT', record)) };
  },
  'read-only': readOnly,
  'disk-full': diskFull,
  refuse,
  lock,
  providers: ({ phases }, { providers }, holdMs) => {
    const before = { ...providers.met };
    const timers = startingAt(phasesOf(phases, holdMs)).map(({ mode, at }) =>
      setTimeout(() => providers.become(mode), at),
    );
    return {
      lift: () => (timers.forEach(clearTimeout), providers.become('well')),
      seen: () => Object.keys(phases).every((mode) => providers.met[mode] > before[mode]),
    };
  },
  clocks,
  'queue-gone': queueGone,
  versions,
};

function send(signal, record) {
  if (!record) throw new Error(`nobody to send ${signal} to`);
  process.kill(record.pid, signal);
}

const startingAt = (phases) =>
  phases.map(({ mode }, index) => ({ mode, at: phases.slice(0, index).reduce((sum, { ms }) => sum + ms, 0) }));

/** As the management API knows; it is some seconds behind. */
async function diskAlarm(servers) {
  const nodes = await (await managementOf((await servers()).broker))('GET', 'nodes?columns=disk_free_alarm');
  return nodes.some((node) => node.disk_free_alarm === true);
}

/**
 * Does what the plan says, for as long as it says. When it fails half-way, what was begun is ended all the same.
 * @param {import('./plan.js').Fault} fault @param {import('./system.js').Victim} victim
 * @returns {Promise<{ bit: boolean }>} whether it was really there, as far as can be seen @throws Error when it cannot be done, or not ended
 */
export async function inflict({ parts, holdMs }, victim) {
  /** @type {Begun[]} */
  const begun = [];
  try {
    for (const part of parts) begun.push((await KINDS[part.kind](part, victim, holdMs)) ?? { lift: () => {} });
    await sleep(holdMs);
    const seen = await Promise.all(begun.map((one) => one.seen?.() ?? true));
    return { bit: seen.every(Boolean) };
  } finally {
    for (const { lift } of begun) await lift();
  }
}
