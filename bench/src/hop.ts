import { Publisher } from '@sluice/messaging';
import { openPlace, type Place } from './hop/place.js';
import { idle, saturated } from './hop/rounds.js';
import type { Side } from './hop/service.js';
import { SKUS } from './hop/stock.js';
import { median, quantile, shown, spread } from './hop/statistics.js';

/**
 * One queue hop (queue -> handler -> inbox, lock, update, outbox -> relay -> next queue, confirmed), committed in groups
 * and one message at a time, alternating in one run on one machine: only the ratio means anything elsewhere.
 */
const GROUP: Side = 'group commit';
const PEER: Side = 'one by one';
/** A round takes one to three seconds: long beside its start and end, short enough for several. */
const BACKLOG = 4_000;
const ROUNDS = 5;
const PINGS = 150;
/** No new round begins after it, whatever the machine. */
const TIME_LIMIT_MS = 120_000;

const spreadOut = (index: number): string => `sku-${(index * 7_919) % SKUS}`;
const oneHotRow = (): string => 'sku-0';

type Measure = (side: Side) => Promise<number>;

const end = performance.now() + TIME_LIMIT_MS;
const place = await openPlace();
const feeder = new Publisher({ url: place.url });
try {
  await run(place);
} finally {
  await feeder.close();
  await place.close();
}

async function run(place: Place): Promise<void> {
  console.log(`one hop, ${shown(BACKLOG)} messages a round, ${ROUNDS} rounds, both sides in turn; median (least to most)\n`);
  const drain = (skuOf: (index: number) => string): Measure => (side) => saturated(side, place, feeder, BACKLOG, skuOf);
  for (const side of [GROUP, PEER]) await saturated(side, place, feeder, BACKLOG / 4, spreadOut);
  report('saturated, messages per second', await alternate(drain(spreadOut)), 0, (group, peer) => `${shown(group / peer, 1)} times as many`);
  report('saturated on one hot row, messages per second', await alternate(drain(oneHotRow)), 0, (group, peer) => `${shown(group / peer, 1)} times as many`);
  const tails: Record<Side, number[]> = { [GROUP]: [], [PEER]: [] };
  const ping: Measure = async (side) => {
    const times = await idle(side, place, feeder, PINGS, spreadOut);
    tails[side].push(quantile(times, 0.95));
    return median(times);
  };
  report('idle, one in flight, ms from queue to queue, p50', await alternate(ping), 2, (group, peer) => `${shown(group - peer, 2)} ms apart`);
  report('the same, p95', tails, 2, (group, peer) => `${shown(group - peer, 2)} ms apart`);
}

/** The sides take turns, so that what else the machine does falls on both. */
async function alternate(measure: Measure): Promise<Record<Side, number[]>> {
  const results: Record<Side, number[]> = { [GROUP]: [], [PEER]: [] };
  for (let round = 0; round < ROUNDS && (round === 0 || performance.now() < end); round++) {
    const order = round % 2 === 0 ? [GROUP, PEER] : [PEER, GROUP];
    for (const side of order) results[side].push(await measure(side));
  }
  return results;
}

function report(title: string, results: Record<Side, number[]>, digits: number, compare: (group: number, peer: number) => string): void {
  console.log(title);
  for (const side of [GROUP, PEER]) console.log(`  ${side.padEnd(14)}${spread(results[side], digits)}`);
  console.log(`  ${compare(median(results[GROUP]), median(results[PEER]))}\n`);
}
