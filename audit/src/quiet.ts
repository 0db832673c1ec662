// @ts-nocheck
import { setTimeout as sleep } from 'node:timers/promises';

/** Between two looks at whether anything moves. Long enough to see a handler at work that commits; external calls are seen in `held`. */
const EVERY_MS = 250;
/** More than this need not be counted. */
const COUNTED = 1_000;

/**
 * Waits until nothing waits in a queue or an outbox, twice in a row, and no inbox has taken anything in between.
 * @param {{ databases: import('./snapshot.js').Databases, queues: import('./queues.js').Queues }} system
 * @param {{ settleMs: number, held?: boolean }} options held: messages that a consumer holds count too, which is known late
 * @returns {Promise<{ quiet: boolean, waiting: string[] }>} waiting: what still did when the time was up
 */
export async function untilQuiet(system, { settleMs, held = false }) {
  const end = Date.now() + settleMs;
  for (let before; ;) {
    const now = await whatMoves(system, held);
    if (now.waiting.length === 0 && now.taken === before?.taken) return { quiet: true, waiting: [] };
    if (Date.now() >= end && before)
      return { quiet: false, waiting: now.waiting.length > 0 ? now.waiting : ['messages are being handled'] };
    before = now.waiting.length === 0 ? now : {};
    await sleep(EVERY_MS);
  }
}

async function whatMoves({ databases, queues }, held) {
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

async function boxesOf([service, snapshot]) {
  const [found] = await snapshot.rows(
    `SELECT (SELECT count(*)::int FROM (SELECT FROM outbox LIMIT ${COUNTED}) AS counted) AS rows, (SELECT max(received_at)::text FROM inbox) AS taken`,
  );
  return { service, ...found };
}
