// @ts-nocheck
import { setTimeout as sleep } from 'node:timers/promises';
import { repeat } from './repeats.js';
import { changesBetween } from './still.js';

/** Requests under way: enough that they meet each other. */
const AT_ONCE = 12;
/**
 * Of each round so many are mixed, are asked again (each is two or more requests), and are refused while nothing else
 * moves.
 */
const ROUND = { mixed: 800, repeats: 30, refused: 120 };
/** What chance has left out is tried so often; numbers that no round uses. */
const LAST_TRIES = 40;
const LAST_NUMBERS = 20_000_000;

/**
 * The whole run, in rounds, until there were enough requests or the time is up.
 * @typedef {object} Parts
 * @property {import('./session.js').Session} session @property {import('./requests.js').Requests} requests
 * @property {import('./recipes.js').Tools['call']} call
 * @property {() => Promise<Record<string, string>>} [look] what is stored, by table, once nothing moves; of a system whose
 * servers are known
 * @param {Parts} parts
 * @param {{ requests: number, until: number }} bounds @param {(line: string) => void} say
 */
export async function rounds(parts, bounds, printLine) {
  const { session } = parts;
  const reported = progress(session, bounds, printLine);
  for (
    let n = 1;
    session.book.total < bounds.requests && Date.now() < bounds.until;
    n += ROUND.mixed + ROUND.repeats + ROUND.refused
  ) {
    const left = Math.max(50, bounds.requests - session.book.total);
    const share = Math.min(1, left / (ROUND.mixed + 2 * ROUND.repeats + ROUND.refused));
    await mixed(parts, n, Math.ceil(ROUND.mixed * share), bounds);
    await repeats(parts, n + ROUND.mixed, Math.ceil(ROUND.repeats * share), bounds);
    if (parts.look) await refused(parts, n + ROUND.mixed + ROUND.repeats, Math.ceil(ROUND.refused * share), bounds);
    reported();
  }
  await reachAll(parts);
}

/** Every operation succeeds once and is refused once, also in a short run. */
async function reachAll({ session, requests }) {
  for (let tries = 0; tries < LAST_TRIES && session.book.unreached.length > 0; tries++) {
    for (const [index, { key, lacks }] of session.book.unreached.entries()) {
      await session.ask(
        requests.make(LAST_NUMBERS + tries * 100 + index, {
          key,
          ...(lacks === 'success' ? { fits: true } : { refused: true }),
        }),
      );
    }
  }
}

/** Requests of any kind, some at a time. */
const mixed = ({ session, requests }, from, count, { until }) =>
  session.all(
    tasks(from, count, (n) => session.ask(requests.make(n))),
    { atOnce: AT_ONCE, until },
  );

const repeats = ({ session, requests, call }, from, count, { until }) =>
  session.all(
    tasks(from, count, (n) => repeat(session, requests, n, call)),
    { atOnce: AT_ONCE, until },
  );

function* tasks(from, count, task) {
  for (let n = from; n < from + count; n++) yield () => task(n);
}

/**
 * While nothing else moves, requests that must be refused: the databases stay as they were. Windows and sales end by
 * themselves: only what changes whenever they are sent, and not while nothing is sent, was written by them.
 */
export async function refused(parts, from, count, { until }) {
  const { requests } = parts;
  const made = Array.from({ length: count }, (_, index) => requests.make(from + index, { refused: true }));
  const batch = made.filter(({ expects }) => expects);
  if (Date.now() < until && (await written(parts, batch)).length > 0) await findWriters(parts, batch);
}

/** Halves the batch until one request is left. */
async function findWriters(parts, batch) {
  const changes = await written(parts, batch);
  if (changes.length === 0) return;
  if (batch.length === 1) return parts.session.fault(batch[0], `refused, and has written: ${changes.join('; ')}`);
  const middle = Math.ceil(batch.length / 2);
  await findWriters(parts, batch.slice(0, middle));
  await findWriters(parts, batch.slice(middle));
}

/** @returns {Promise<string[]>} the tables that have changed, and do not change in the same time when nothing is sent */
async function written(parts, batch) {
  const { session, look } = parts;
  const begun = Date.now();
  const before = await look();
  await session.all(
    batch.map((request) => () => session.ask(request)),
    { atOnce: AT_ONCE },
  );
  const after = await look();
  const changes = changesBetween(before, after);
  if (changes.length === 0) return [];
  await sleep(Date.now() - begun);
  const moving = changesBetween(after, await look()).map(tableOf);
  return changes.filter((change) => !moving.includes(tableOf(change)));
}

const tableOf = (change) => change.split(':')[0];

/** A line every tenth of the way, and each new fault. */
function progress({ book }, { requests }, printLine) {
  let told = 0;
  let shown = 0;
  return () => {
    for (const { key, what } of book.latestFaults(shown)) printLine(`✗ ${key}: ${what}`);
    shown = book.faults;
    const share = Math.min(10, Math.floor((book.total / requests) * 10));
    if (share > told) printLine(`${book.total.toLocaleString('en')} requests, ${book.faults} faults`);
    told = share;
  };
}
