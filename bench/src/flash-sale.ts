import { CLIENTS } from './flash-sale/driver.js';
import { openPlace, type Place } from './flash-sale/place.js';
import { accepted, barePublish, bareRoute, drain, refused } from './flash-sale/rounds.js';
import { openSale, pretendSale } from './flash-sale/sales.js';
import { newTokens } from './flash-sale/users.js';
import { median, shown, spread } from './hop/statistics.js';

/**
 * The peak of a flash sale: claims taken into the line, users turned away, and the line drained, in turn with a bare Fastify
 * route and a bare confirmed publish, over the same driver on the same machine: only the ratios mean anything elsewhere.
 */
const REQUESTS = 5_000;
/** Twice what a gateway remembers: when a token comes round again, it is as new. */
const USERS = 20_000;
const REGULARS = 500;
const DRAINED = 5_000;
const PIECES = 500;
const ROUNDS = 5;
/** No new round begins after it, whatever the machine. Milliseconds. */
const TIME_LIMIT_MS = 100_000;

const KINDS = [
  'bare route',
  'bare publish',
  'claims taken (202)',
  'turned away (410)',
  'turned away again (410)',
  'claims drained',
] as const;
type Kind = (typeof KINDS)[number];

const place = await openPlace();
try {
  report(await run(place));
} finally {
  await place.close();
}

async function run(place: Place): Promise<Record<Kind, number[]>> {
  const results = Object.fromEntries(KINDS.map((kind) => [kind, []])) as unknown as Record<Kind, number[]>;
  const measures = await prepare(place);
  const end = performance.now() + TIME_LIMIT_MS;
  // The first is for warming up.
  for (let round = 0; round <= ROUNDS && (round < 2 || performance.now() < end); round++) {
    for (const kind of round % 2 === 0 ? KINDS : KINDS.toReversed()) {
      const perSecond = await measures[kind]();
      if (round > 0) results[kind].push(perSecond);
      await place.empty();
    }
  }
  return results;
}

async function prepare(place: Place): Promise<Record<Kind, () => Promise<number>>> {
  const [users, regulars] = [newTokens(USERS), newTokens(REGULARS)];
  let next = 0;
  const strangers = (): string[] => Array.from({ length: REQUESTS }, () => users[next++ % USERS]!);
  const known = Array.from({ length: REQUESTS }, (_, n) => regulars[n % REGULARS]!);
  const drainer = await place.startDrainer();
  const onSale = await openSale(place.client, PIECES);
  await drainer.end('SIGTERM');
  // Flash-sale is off while the gateway is measured, and back for the drain.
  const [open, soldOut] = [
    await pretendSale(place.client, place.gatewayPort, 'open'),
    await pretendSale(place.client, place.gatewayPort, 'sold-out'),
  ];
  return {
    'bare route': () => bareRoute(place, strangers()),
    'bare publish': () => barePublish(place, REQUESTS),
    'claims taken (202)': () => accepted(place, open, strangers()),
    'turned away (410)': () => refused(place, soldOut, strangers()),
    'turned away again (410)': () => refused(place, soldOut, known),
    'claims drained': () => drain(place, onSale, DRAINED),
  };
}

function report(results: Record<Kind, number[]>): void {
  console.log(
    `per second, ${CLIENTS} at a time, ${results['bare route'].length} rounds of ${shown(REQUESTS)}; median (least to most); then as a share of a bare route, and of a bare confirmed publish\n`,
  );
  for (const kind of KINDS) {
    const shares = (['bare route', 'bare publish'] as const).map((bare) =>
      shown(median(results[kind]) / median(results[bare]), 2).padStart(8),
    );
    console.log(`  ${kind.padEnd(26)}${spread(results[kind]).padEnd(28)}${shares.join('')}`);
  }
}
