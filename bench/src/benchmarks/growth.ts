import type { Benchmark } from '../benchmark.js';
import { storeCopies } from '../growth/copies.js';
import { loadOrders } from '../orders/load.js';
import { startSluice } from '../orders/sluice.js';
import { total } from '../processes.js';
import { measureInTurn } from '../rounds.js';
import type { Aim } from '../table/row.js';
import { ratioAtLeast, ratioAtMost } from '../table/verdict.js';

const FULL = 'with a million';
const EMPTY = 'without';
const RATE = 'per second';
const CPU = 'CPU ms';

/** The same load before and after a million orders and a million handled messages are stored. */
export const benchmark: Benchmark = {
  async measure(run) {
    const system = await startSluice(run);
    const measure = async () => {
      const { perSecond, cpu } = await loadOrders(system, { inFlight: 256, seconds: run.quick ? 2 : 10 });
      return { [RATE]: perSecond, [CPU]: total(cpu) };
    };
    const options = { rounds: 1, withinSeconds: 60, progress: run.progress };
    try {
      await loadOrders(system, { inFlight: 32, seconds: run.quick ? 1 : 4 }); // warm-up
      const before = await measureInTurn({ [EMPTY]: measure }, { ...options, required: [EMPTY] });
      const count = run.quick ? 1_000 : 1_000_000;
      await run.progress.step(`store ${count} orders and messages`, () => storeCopies(run.stateDirectory, count));
      const after = await measureInTurn({ [FULL]: measure }, { ...options, required: [FULL] });
      const row = (name: string, aim: Aim) => ({
        work: `orders with a million orders and messages stored: ${name}`,
        digits: 1,
        ours: after.of(FULL, name),
        peers: { [EMPTY]: before.of(EMPTY, name) },
        aim,
      });
      return [row(RATE, ratioAtLeast(0.8)), row(CPU, ratioAtMost(1.2))];
    } finally {
      await system.stop();
    }
  },
};
