import { Publisher } from '@sluice/messaging';
import { openPlace, type Place } from './hop/place.js';
import { idle, saturated } from './hop/rounds.js';
import type { Side } from './hop/service.js';
import { SKUS } from './hop/stock.js';
import { median, quantile, shown, spread } from './hop/statistics.js';

/**
 * Measures a queue hop (queue -> handler -> inbox, lock, update, outbox -> relay -> next queue, confirmed), committed
 * in groups and one message at a time, alternating in one run on one machine: only the ratio can be compared with
 * other machines.
 */
const GROUP: Side = 'group commit';
const PEER: Side = 'one by one';
/** Drained in 0.5 s to 3 s: long compared with start and end, short enough for several rounds. */
const BACKLOG = 3_000;
const ROUNDS = 5;
const PINGS = 100;
/** No new round begins after this time. */
const TIME_LIMIT_MS = 100_000;

const spreadOut = (index: number): string => `sku-${(index * 7_919) % SKUS}`;
const oneHotRow = (): string => 'sku-0';

const place = await openPlace();
const feeder = new Publisher({ url: place.url });
try {
  await run(place);
} finally {
  await feeder.close();
  await place.close();
}

async function run(place: Place): Promise<void> {
  const end = performance.now() + TIME_LIMIT_MS;
  const drained = perSide();
  const hot = perSide();
  const p50 = perSide();
  const p95 = perSide();
  for (const side of [GROUP, PEER]) await saturated(side, place, feeder, BACKLOG / 3, spreadOut);
  for (let round = 0; round < ROUNDS && (round === 0 || performance.now() < end); round++) {
    await inTurn(round, async (side) => drained[side].push(await saturated(side, place, feeder, BACKLOG, spreadOut)));
    await inTurn(round, async (side) => hot[side].push(await saturated(side, place, feeder, BACKLOG, oneHotRow)));
    await inTurn(round, async (side) => {
      const times = await idle(side, place, feeder, PINGS, spreadOut);
      p50[side].push(median(times));
      p95[side].push(quantile(times, 0.95));
    });
  }
  console.log(
    `one hop, ${drained[GROUP].length} rounds of ${shown(BACKLOG)} messages, both sides in turn; median (least to most)\n`,
  );
  report('saturated, messages per second', drained, 0, (group, peer) => `${shown(group / peer, 1)} times as many`);
  report(
    'saturated, every message on one row, messages per second',
    hot,
    0,
    (group, peer) => `${shown(group / peer, 1)} times as many`,
  );
  report(
    'idle, one in flight, ms from queue to queue, p50',
    p50,
    2,
    (group, peer) => `${shown(group - peer, 2)} ms apart`,
  );
  report('the same, p95', p95, 2, (group, peer) => `${shown(group - peer, 2)} ms apart`);
}

/** Alternates which side goes first, so that other load on the machine affects both. */
async function inTurn(round: number, measure: (side: Side) => Promise<unknown>): Promise<void> {
  for (const side of round % 2 === 0 ? [GROUP, PEER] : [PEER, GROUP]) await measure(side);
}

function perSide(): Record<Side, number[]> {
  return { 'group commit': [], 'one by one': [] };
}

function report(
  title: string,
  results: Record<Side, number[]>,
  digits: number,
  compare: (group: number, peer: number) => string,
): void {
  console.log(title);
  for (const side of [GROUP, PEER]) console.log(`  ${side.padEnd(14)}${spread(results[side], digits)}`);
  console.log(`  ${compare(median(results[GROUP]), median(results[PEER]))}\n`);
}
