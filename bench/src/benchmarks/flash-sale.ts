import type { Benchmark } from '../benchmark.js';
import type { Row } from '../table/row.js';
import { openPlace, type Place } from '../flash-sale/place.js';
import { openGate, type Gate } from '../flash-sale/redis-gate.js';
import { accepted, barePublish, bareRoute, drain, gate, refused } from '../flash-sale/rounds.js';
import { openSale, pretendSale } from '../flash-sale/sales.js';
import { newTokens } from '../flash-sale/users.js';
import { measureInTurn, type Measured, type Sides } from '../rounds.js';
import { median } from '../table/statistics.js';
import { ratioAtLeast } from '../table/verdict.js';

/** Twice the token cache of a gateway, so that a repeated token is no longer in the cache. */
const USERS = 20_000;
const RETURNING_USERS = 500;
const PIECES = 500;

const ROUTE = 'bare Fastify 202';
const PUBLISH = 'bare confirmed publish';
const GATE = 'Redis DECR + publish';
const ACCEPTED = 'claims accepted (202)';
const REFUSED = 'users refused (410)';
const REFUSED_AGAIN = 'users refused again (410)';
const DRAINED = 'claims drained';
const OURS = [ROUTE, PUBLISH, ACCEPTED, REFUSED, REFUSED_AGAIN, DRAINED];
const RATE = 'per second';

/**
 * The peak of a flash sale: accepted claims, refused users, and the drained queue, beside a route that does nothing, a
 * publish without a route, and the usual gate of a counter in Redis with a publish behind it. All use the same driver.
 */
export const benchmark: Benchmark = {
  async measure(run) {
    const { quick, progress } = run;
    const redis = await openGate(run);
    const place = await openPlace(redis?.port);
    try {
      const sides = await prepare(place, redis, quick ? 500 : 5_000);
      const options = { rounds: quick ? 1 : 5, warmUps: quick ? 0 : 1, withinSeconds: 35, progress, required: OURS };
      return rowsOf(await measureInTurn(sides, options));
    } finally {
      await place.close();
      await redis?.close();
    }
  },
};

async function prepare(place: Place, redis: Gate | undefined, requests: number): Promise<Sides> {
  const [users, returning] = [newTokens(USERS), newTokens(RETURNING_USERS)];
  let next = 0;
  const newUsers = (): string[] => Array.from({ length: requests }, () => users[next++ % USERS]!);
  const returningUsers = Array.from({ length: requests }, (_, n) => returning[n % RETURNING_USERS]!);
  const drainer = await place.startDrainer();
  const onSale = await openSale(place.client, PIECES);
  await drainer.end('SIGTERM');
  // The flash-sale service is stopped while the gateway is measured, and started again for the drain.
  const [open, soldOut] = [
    await pretendSale(place.client, place.gatewayPort, 'open'),
    await pretendSale(place.client, place.gatewayPort, 'sold-out'),
  ];
  const measures: Record<string, () => Promise<number>> = {
    [ROUTE]: () => bareRoute(place, newUsers()),
    [PUBLISH]: () => barePublish(place, requests),
    [ACCEPTED]: () => accepted(place, open, newUsers()),
    [REFUSED]: () => refused(place, soldOut, newUsers()),
    [REFUSED_AGAIN]: () => refused(place, soldOut, returningUsers),
    [DRAINED]: () => drain(place, onSale, requests),
    ...(redis && { [GATE]: () => gate(place, newUsers()) }),
  };
  const emptied = (measure: () => Promise<number>) => async () => {
    const rate = await measure();
    await place.empty();
    return { [RATE]: rate };
  };
  return Object.fromEntries(Object.entries(measures).map(([name, measure]) => [name, emptied(measure)]));
}

function rowsOf(measured: Measured): Row[] {
  const of = (name: string): number[] => measured.of(name, RATE);
  const [slower = ROUTE] = [ROUTE, PUBLISH].sort((one, other) => median(of(one)) - median(of(other)));
  const row = (name: string, peer: string, aim?: Row['aim']): Row => ({
    work: `flash sale: ${name}, per second`,
    ours: of(name),
    peers: { [peer]: of(peer) },
    ...(aim && { aim }),
  });
  return [
    row(ACCEPTED, slower, ratioAtLeast(0.5)),
    row(REFUSED, ROUTE, ratioAtLeast(0.7)),
    row(REFUSED_AGAIN, ROUTE),
    row(ACCEPTED, GATE, ratioAtLeast(1)),
    row(DRAINED, PUBLISH),
  ];
}
