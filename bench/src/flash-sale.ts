import { CLIENTS } from './flash-sale/driver.js';
import { openPlace, type Place } from './flash-sale/place.js';
import { accepted, barePublish, bareRoute, drain, refused } from './flash-sale/rounds.js';
import { openSale, pretendSale } from './flash-sale/sales.js';
import { newTokens } from './flash-sale/users.js';
import { median, shown, spread } from './hop/statistics.js';

/**
 * The peak of a flash sale: accepted claims, refused users, and the drained queue, alternating with a bare Fastify
 * route and a bare confirmed publish. All use the same driver on the same machine: only the ratios can be compared
 * with other machines.
 */
const REQUESTS = 5_000;
/** Twice the token cache of a gateway, so that a repeated token is no longer in the cache. */
const USERS = 20_000;
const RETURNING_USERS = 500;
const DRAINED = 5_000;
const PIECES = 500;
const ROUNDS = 5;
/** No new round begins after this time. Milliseconds. */
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
  // The first round is the warm-up.
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
  const [users, returning] = [newTokens(USERS), newTokens(RETURNING_USERS)];
  let next = 0;
  const newUsers = (): string[] => Array.from({ length: REQUESTS }, () => users[next++ % USERS]!);
  const returningUsers = Array.from({ length: REQUESTS }, (_, n) => returning[n % RETURNING_USERS]!);
  const drainer = await place.startDrainer();
  const onSale = await openSale(place.client, PIECES);
  await drainer.end('SIGTERM');
  // The flash-sale service is stopped while the gateway is measured, and started again for the drain.
  const [open, soldOut] = [
    await pretendSale(place.client, place.gatewayPort, 'open'),
    await pretendSale(place.client, place.gatewayPort, 'sold-out'),
  ];
  return {
    'bare route': () => bareRoute(place, newUsers()),
    'bare publish': () => barePublish(place, REQUESTS),
    'claims taken (202)': () => accepted(place, open, newUsers()),
    'turned away (410)': () => refused(place, soldOut, newUsers()),
    'turned away again (410)': () => refused(place, soldOut, returningUsers),
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
