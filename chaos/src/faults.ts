import { setTimeout as sleep } from 'node:timers/promises';
import { runningPostgres } from '@sluice/stack/postgres/postgres';
import type { ProcessRecord } from '@sluice/stack/processes';
import { brokerControl, runningNode } from '@sluice/stack/rabbitmq/rabbitmq';
import { DISK_FREE_LIMIT } from '@sluice/stack/rabbitmq/settings';
import { required, type ActiveFault, type Begin } from './active-fault.js';
import { clocks } from './long/clocks.js';
import { diskFull, lock, readOnly, refuse } from './long/database.js';
import { phasesOf } from './long/providers.js';
import { queueGone } from './long/queue-gone.js';
import { versions } from './long/versions.js';
import type { Fault, Kind, Part, ProviderFault } from './plan.js';
import type { SystemUnderTest } from './system.js';
import { contract, expand, replace } from './upgrade/upgrade.js';

const DELAY_MS = 2_000;
/** More than any disk has free. */
const MORE_THAN_FREE = '1000000GB';

/** What has died is started again by the supervisor alone. */
const KINDS: { readonly [K in Kind]: Begin<K> } = {
  kill: ({ victims }, { supervisor }) => victims.forEach((service) => send('SIGKILL', supervisor.processOf(service))),
  'kill-broker': (_, { stateDirectory }) => send('SIGKILL', runningNode(stateDirectory)),
  'kill-postgres': (_, { stateDirectory }) => send('SIGKILL', runningPostgres(stateDirectory)),
  reset: ({ to }, { proxies }) => proxies[to].reset(),
  swallow: ({ to }, { proxies }) => {
    proxies[to].swallow();
    return { end: () => proxies[to].pass() };
  },
  delay: ({ to }, { proxies }) => {
    proxies[to].delay(DELAY_MS);
    return { end: () => proxies[to].pass() };
  },
  'disk-alarm': async (_, system) => {
    const setLimit = (limit: string) => brokerControl(system.stateDirectory, 'set_disk_free_limit', limit);
    await setLimit(MORE_THAN_FREE);
    return { end: () => setLimit(DISK_FREE_LIMIT), observe: () => hasDiskAlarm(system) };
  },
  freeze: ({ victims }, { supervisor }) => {
    const frozen = victims.map((service) => supervisor.processOf(service));
    frozen.forEach((record) => send('SIGSTOP', record));
    return { end: () => frozen.forEach((record) => send('SIGCONT', record)) };
  },
  'read-only': readOnly,
  'disk-full': diskFull,
  refuse,
  lock,
  providers: ({ phases }, system, holdMs) => {
    const providers = required(system.providers, 'providers');
    const before = { ...providers.affected };
    const timers = phasesOf(phases, holdMs).map(({ mode, atMs }) => setTimeout(() => providers.setMode(mode), atMs));
    return {
      end: () => {
        timers.forEach(clearTimeout);
        providers.setMode('healthy');
      },
      observe: () => (Object.keys(phases) as ProviderFault[]).every((mode) => providers.affected[mode] > before[mode]),
    };
  },
  clocks,
  'queue-gone': queueGone,
  versions,
  expand,
  replace,
  contract,
};

const begin = <K extends Kind>(part: Part<K>, ...args: [SystemUnderTest, number]): ReturnType<Begin<K>> =>
  KINDS[part.kind](part, ...args);

function send(signal: NodeJS.Signals, record: ProcessRecord | undefined): void {
  if (!record) throw new Error(`no process to send ${signal} to`);
  process.kill(record.pid, signal);
}

/** Asked of the node itself: the management API reports an alarm seconds late, on a busy machine after its end. */
const hasDiskAlarm = async ({ stateDirectory }: SystemUnderTest): Promise<boolean> =>
  (await brokerControl(stateDirectory, 'eval', 'rabbit_alarm:get_alarms().')).includes('{resource_limit,disk,');

/**
 * Applies a fault for its time; parts that have begun are ended also when another fails. @throws Error when one fails
 * @returns whether all of it was observed, as far as that is possible
 */
export async function inflict({ parts, holdMs }: Fault, system: SystemUnderTest): Promise<{ observed: boolean }> {
  const active: ActiveFault[] = [];
  try {
    for (const part of parts) active.push((await begin(part, system, holdMs)) ?? { end: () => {} });
    await sleep(holdMs);
    const seen = await Promise.all(active.map((fault) => fault.observe?.() ?? true));
    return { observed: seen.every(Boolean) };
  } finally {
    for (const fault of active) await fault.end();
  }
}
