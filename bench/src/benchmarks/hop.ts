import { Publisher } from '@sluice/messaging';
import type { Benchmark } from '../benchmark.js';
import type { Row } from '../table/row.js';
import { openPlace } from '../hop/place.js';
import { idle, saturated } from '../hop/rounds.js';
import { SIDES, type Side } from '../hop/service.js';
import { spreadOut } from '../hop/stock.js';
import { measureInTurn } from '../rounds.js';
import { median, quantile } from '../table/statistics.js';
import { ratioAtLeast, ratioAtMost } from '../table/verdict.js';

/** Drained in 0.5 s to 3 s: long compared with start and end, short enough for several rounds. */
const BACKLOG = 3_000;
const PINGS = 100;
const RATE = 'per second';
const HOT = 'per second on one row';
const P50 = 'ms p50 when idle';
const P95 = 'ms p95 when idle';

const oneHotRow = (): string => 'sku-0';

/**
 * A queue hop: queue -> handler -> inbox, lock, update, outbox -> relay -> next queue, confirmed. Committed in groups by
 * libs/persistence, one transaction per message, and in batches by hand-written SQL without any of the libraries.
 */
export const benchmark: Benchmark = {
  async measure({ quick, progress }) {
    const place = await openPlace();
    const feeder = new Publisher({ url: place.url });
    const [count, pings] = quick ? [300, 10] : [BACKLOG, PINGS];
    const measure = async (side: Side) => {
      const rate = await saturated(side, place, feeder, count, spreadOut);
      const hot = await saturated(side, place, feeder, count, oneHotRow);
      const times = await idle(side, place, feeder, pings, spreadOut);
      return { [RATE]: rate, [HOT]: hot, [P50]: median(times), [P95]: quantile(times, 0.95) };
    };
    const sides = Object.fromEntries(SIDES.map((side) => [side, () => measure(side)]));
    const options = { rounds: quick ? 1 : 4, warmUps: quick ? 0 : 1, withinSeconds: 35, progress, required: SIDES };
    try {
      return rowsOf(await measureInTurn(sides, options));
    } finally {
      await feeder.close();
      await place.close();
    }
  },
};

function rowsOf(measured: { of(side: Side, name: string): number[] }): Row[] {
  const row = (name: string, peer: Side, rest: Pick<Row, 'aim' | 'digits'>): Row => ({
    work: `one hop, ${name}, beside ${peer}`,
    ours: measured.of('group commit', name),
    peers: { [peer]: measured.of(peer, name) },
    ...rest,
  });
  return [
    row(RATE, 'raw SQL in batches', { aim: ratioAtLeast(0.6) }),
    row(RATE, 'one by one', { aim: ratioAtLeast(8) }),
    row(HOT, 'one by one', {}),
    row(P50, 'one by one', { aim: ratioAtMost(1), digits: 2 }),
    row(P95, 'one by one', { digits: 2 }),
  ];
}
