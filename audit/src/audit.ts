// @ts-nocheck
import { setTimeout as sleep } from 'node:timers/promises';
import { KEPT, look } from './look.js';
import { Queues } from './queues.js';
import { untilQuiet } from './quiet.js';
import { Databases } from './snapshot.js';

/** What is on its way between two services arrives meanwhile; what is broken stays so. */
const LOOK_AGAIN_AFTER_MS = 2_000;
/** A queue tells its figures every 5 s, and the broker gathers them every 5 s. */
const STATISTICS_WITHIN_MS = 12_000;

/**
 * @typedef {object} Audit
 * @property {boolean} ok
 * @property {{ quiet: boolean, waiting: string[] }} state before it looked @property {boolean} settling somebody has asked for quiet
 * @property {Record<string, string>} looked by invariant, at what @property {import('./look.js').Check[]} checks
 */

/**
 * Looks whether everything holds that always must.
 * @param {{ databases: Record<string, string>, broker: { url: string, managementUrl?: string } }} system databases: by service
 * @param {{ settleMs?: number, pause?: () => Promise<unknown>, settings?: Record<string, string | undefined>, statisticsWithinMs?: number }} [options] settleMs: waits so long for quiet, and fails without it; pause: before a second look; statisticsWithinMs: until the broker's are new
 * @returns {Promise<Audit>}
 * @throws {import('@sluice/stack/failure').Failure} when a server does not answer
 */
export async function audit(
  { databases: urls, broker },
  {
    settleMs = 0,
    pause = () => sleep(LOOK_AGAIN_AFTER_MS),
    settings = process.env,
    statisticsWithinMs = STATISTICS_WITHIN_MS,
  } = {},
) {
  const databases = await Databases.open(urls);
  const queues = await Queues.open(broker).catch((error) => databases.close().then(() => Promise.reject(error)));
  try {
    const system = { databases, queues, statisticsWithinMs };
    const state = await untilQuiet(system, { settleMs });
    const first = await lookOnce(system, settings);
    const { checks, looked } = first.checks.some(isDoubtful)
      ? await lookAgain(system, first, { settleMs, pause, settings })
      : first;
    const settling = settleMs > 0;
    return {
      ok: (state.quiet || !settling) && checks.every(({ count }) => count === 0),
      state,
      settling,
      looked,
      checks,
    };
  } finally {
    await Promise.all([queues.close(), databases.close()]);
  }
}

const isDoubtful = ({ across, count }) => across && count > 0;

async function lookOnce({ databases, queues, statisticsWithinMs }, settings) {
  const depths = {
    ...(await queues.depths()),
    homeless: await queues.homeless(),
    expired: await queues.expired(statisticsWithinMs),
  };
  return databases.atOneMoment((snapshots) => look(snapshots, depths, settings));
}

/** Between services only what both looks have found is broken: something else was on its way. */
async function lookAgain(system, first, { settleMs, pause, settings }) {
  await pause();
  if (settleMs > 0) await untilQuiet(system, { settleMs, held: true });
  const second = await lookOnce(system, settings);
  return {
    ...second,
    checks: second.checks.map((check, index) => (isDoubtful(check) ? inBoth(first.checks[index], check) : check)),
  };
}

/** @param {import('./look.js').Check} first @param {import('./look.js').Check} second of the same check */
export function inBoth(first, second) {
  if (first.count > KEPT || second.count > KEPT) return second; // so many are not on their way
  const before = new Set(first.ids);
  const ids = second.ids.filter((id) => before.has(id));
  return { ...second, ids, count: ids.length };
}
