import type { Benchmark } from '../benchmark.js';
import { loadOrders, type Load } from '../orders/load.js';
import { startSluice } from '../orders/sluice.js';
import type { RunningSystem } from '../orders/system.js';
import { measureInTurn } from '../rounds.js';
import { ratioAtLeast } from '../table/verdict.js';

const HOT = 'one product';
const SPREAD = 'spread over 50 products';
const RATE = 'per second';

/** Every order for one product, whose stock is one row that every order changes, beside orders for many products. */
export const benchmark: Benchmark = {
  async measure(run) {
    const system = await startSluice(run);
    const load: Load = { inFlight: 256, seconds: run.quick ? 2 : 6 };
    const measure = (side: RunningSystem) => async () => ({ [RATE]: (await loadOrders(side, load)).perSecond });
    const sides = { [SPREAD]: measure(system), [HOT]: measure({ ...system, place: () => system.place(0) }) };
    const options = { rounds: run.quick ? 1 : 2, withinSeconds: 60, progress: run.progress, required: [HOT, SPREAD] };
    try {
      await loadOrders(system, { inFlight: 32, seconds: run.quick ? 1 : 4 }); // warm-up
      const measured = await measureInTurn(sides, options);
      const ours = measured.of(HOT, RATE);
      const peers = { [SPREAD]: measured.of(SPREAD, RATE) };
      return [{ work: 'orders: completed per second, one product', digits: 1, ours, peers, aim: ratioAtLeast(0.9) }];
    } finally {
      await system.stop();
    }
  },
};
