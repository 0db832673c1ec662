import { setTimeout as sleep } from 'node:timers/promises';
import type { Broker } from '@sluice/stack/rabbitmq/users';
import { KEPT, runChecks, type Check, type CheckRun } from './checks.js';
import { Queues } from './queues.js';
import { untilQuiet, type Activity } from './quiet.js';
import { Databases } from './snapshot.js';

/** What is in transit between two services arrives meanwhile; what is broken stays broken. */
const SECOND_RUN_AFTER_MS = 2_000;
/** A queue reports its figures every 5 s, and the broker collects them every 5 s. */
const STATISTICS_WITHIN_MS = 12_000;

export interface AuditedSystem {
  /** URLs by service. */
  databases: Record<string, string>;
  broker: Broker;
}

export interface Audit extends CheckRun {
  ok: boolean;
  /** Before the checks. */
  state: Activity;
  /** Quiet was waited for. */
  settling: boolean;
}

export interface AuditOptions {
  /** How long to wait for quiet, without which the audit then fails. 0: it does not wait. */
  settleMs?: number;
  /** Before a second run. */
  pause?: () => Promise<unknown>;
  settings?: Record<string, string | undefined>;
  /** Until the broker's statistics are new. */
  statisticsWithinMs?: number;
}

/** Waits until no message is in flight, those in the hands of consumers included. @throws Failure when a server is down */
export async function waitForQuiet({ databases: urls, broker }: AuditedSystem, settleMs: number): Promise<Activity> {
  const databases = await Databases.open(urls);
  try {
    const queues = await Queues.open(broker);
    return await untilQuiet({ databases, queues }, { settleMs, held: true }).finally(() => queues.close());
  } finally {
    await databases.close();
  }
}

/** Checks every invariant. @throws Failure when a server does not answer */
export async function audit(
  { databases: urls, broker }: AuditedSystem,
  {
    settleMs = 0,
    pause = () => sleep(SECOND_RUN_AFTER_MS),
    settings = process.env,
    statisticsWithinMs = STATISTICS_WITHIN_MS,
  }: AuditOptions = {},
): Promise<Audit> {
  const databases = await Databases.open(urls);
  const queues = await Queues.open(broker).catch(async (error: unknown) => {
    await databases.close();
    throw error;
  });
  const checkOnce = async (quiet: boolean): Promise<CheckRun> => {
    const sample = {
      ...(await queues.depths()),
      undeliverable: await queues.undeliverable(),
      expired: await queues.expired(statisticsWithinMs),
    };
    return databases.atOneMoment((snapshots) => runChecks(snapshots, { ...sample, quiet }, settings));
  };
  /** A difference between services is only broken when both runs find it: otherwise it was in transit. */
  const checkAgain = async (first: CheckRun): Promise<CheckRun> => {
    await pause();
    const { quiet } = await untilQuiet({ databases, queues }, { settleMs, held: true });
    const second = await checkOnce(quiet);
    const checks = second.checks.map((check, index) =>
      isDoubtful(check) ? inBoth(first.checks[index], check) : check,
    );
    return { ...second, checks };
  };
  try {
    const settling = settleMs > 0;
    const state = await untilQuiet({ databases, queues }, { settleMs });
    const first = await checkOnce(state.quiet);
    const { checks, looked } = first.checks.some(isDoubtful) ? await checkAgain(first) : first;
    const ok = (state.quiet || !settling) && checks.every(({ count }) => count === 0);
    return { ok, state, settling, looked, checks };
  } finally {
    await Promise.all([queues.close(), databases.close()]);
  }
}

const isDoubtful = ({ across, count }: Check): boolean => across && count > 0;

function inBoth(first: Check | undefined, second: Check): Check {
  if (!first || first.count > KEPT || second.count > KEPT) return second; // so many are not in transit
  const before = new Set(first.ids);
  const ids = second.ids.filter((id) => before.has(id));
  return { ...second, ids, count: ids.length };
}
