import { setTimeout as sleep } from 'node:timers/promises';
import type { Queues } from './queues.js';
import type { Databases, Snapshot } from './snapshot.js';

/** Between two samples: longer than a handler takes to commit; calls to providers show in `held`. Milliseconds. */
const EVERY_MS = 250;
/** More rows of an outbox than this are not counted. */
const COUNTED = 1_000;

export interface Activity {
  quiet: boolean;
  /** What was not empty when the time was up: queues and outboxes, each with its count. */
  waiting: string[];
}

/**
 * Waits until every queue and outbox is empty in two samples in a row, and no inbox has taken anything in between.
 * @param options held: messages that a consumer holds count too, which the broker reports some seconds late
 */
export async function untilQuiet(
  system: { databases: Databases; queues: Queues },
  { settleMs, held = false }: { settleMs: number; held?: boolean },
): Promise<Activity> {
  const end = Date.now() + settleMs;
  for (let before: Sample | undefined; ; await sleep(EVERY_MS)) {
    const now = await sample(system, held);
    const isEmpty = now.waiting.length === 0;
    if (isEmpty && now.taken === before?.taken) return { quiet: true, waiting: [] };
    if (Date.now() >= end && before)
      return { quiet: false, waiting: isEmpty ? ['messages are being handled'] : now.waiting };
    before = isEmpty ? now : { waiting: [] };
  }
}

interface Sample {
  waiting: string[];
  /** When each inbox took its latest message; absent while anything waits. */
  taken?: string;
}

async function sample({ databases, queues }: { databases: Databases; queues: Queues }, held: boolean): Promise<Sample> {
  const boxes = await databases.atOneMoment((snapshots) => Promise.all(Object.entries(snapshots).map(boxesOf)));
  const { working } = await queues.depths();
  const inHand = held ? await queues.held() : 0;
  return {
    waiting: [
      ...boxes.filter(({ rows }) => rows > 0).map(({ service, rows }) => `outbox of ${service} ${rows}`),
      ...Object.entries(working).map(([queue, count]) => `${queue} ${count}`),
      ...(inHand > 0 ? [`in the hands of consumers ${inHand}`] : []),
    ],
    taken: boxes.map(({ taken }) => taken).join(),
  };
}

async function boxesOf([service, snapshot]: [string, Snapshot]) {
  const [found] = await snapshot.rows<{ rows: number; taken: string | null }>(
    `SELECT (SELECT count(*)::int FROM (SELECT FROM outbox LIMIT ${COUNTED}) AS counted) AS rows, (SELECT max(received_at)::text FROM inbox) AS taken`,
  );
  return { service, rows: found?.rows ?? 0, taken: found?.taken ?? null };
}
