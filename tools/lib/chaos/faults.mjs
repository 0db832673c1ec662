import { setTimeout as sleep } from 'node:timers/promises';
import { runningPostgres } from '../postgres.mjs';
import { brokerControl, runningNode } from '../rabbitmq-node.mjs';

const DELAY_MS = 2_000;
/** More than any disk has free; and what rabbitmq-node.mjs sets. */
const DISK = { full: '1000000GB', fine: '200MB' };

/** How each kind of fault is done; each gives what ends it. Nothing is started again here: that is the supervisor's part. */
const KINDS = {
  kill: ({ victims }, { supervisor }) => victims.forEach((service) => send('SIGKILL', supervisor.processOf(service))),
  'kill-broker': (_, { home }) => send('SIGKILL', runningNode(home)),
  'kill-postgres': (_, { home }) => send('SIGKILL', runningPostgres(home)),
  reset: ({ to }, { proxies }) => proxies[to].reset(),
  swallow: ({ to }, { proxies }) => (proxies[to].swallow(), () => proxies[to].pass()),
  delay: ({ to }, { proxies }) => (proxies[to].delay(DELAY_MS), () => proxies[to].pass()),
  'disk-alarm': async (_, { home }) => {
    await brokerControl(home, 'set_disk_free_limit', DISK.full);
    return () => brokerControl(home, 'set_disk_free_limit', DISK.fine);
  },
  freeze: ({ victims }, { supervisor }) => {
    const frozen = victims.map((service) => supervisor.processOf(service));
    frozen.forEach((record) => send('SIGSTOP', record));
    return () => frozen.forEach((record) => send('SIGCONT', record));
  },
};

function send(signal, record) {
  if (!record) throw new Error(`nobody to send ${signal} to`);
  process.kill(record.pid, signal);
}

/**
 * Does what the plan says, for as long as it says. When it fails half-way, what was begun is ended all the same.
 * @param {import('./plan.mjs').Fault} fault @param {import('./system.mjs').Victim} victim
 */
export async function inflict({ parts, holdMs }, victim) {
  const lifts = [];
  try {
    for (const part of parts) lifts.push(await KINDS[part.kind](part, victim));
    await sleep(holdMs);
  } finally {
    for (const lift of lifts) await lift?.();
  }
}
