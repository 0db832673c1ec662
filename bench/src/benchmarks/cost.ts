import type { Benchmark } from '../benchmark.js';
import { Costs, deliveredTo, linesOf, type Cost } from '../cost/cost.js';
import { loadOrders } from '../orders/load.js';
import { startSluice } from '../orders/sluice.js';
import { total } from '../processes.js';
import type { Row } from '../table/row.js';
import { quantile } from '../table/statistics.js';

/** Many in flight and few: what differs is how many messages share a commit. */
const LOADS = [
  { inFlight: 256, seconds: 8 },
  { inFlight: 64, seconds: 5 },
  { inFlight: 16, seconds: 4 },
];

/** What one order costs, by service, queue and server: the figures behind docs/scale.md. */
export const benchmark: Benchmark = {
  async measure(run) {
    const system = await startSluice(run);
    try {
      await loadOrders(system, { inFlight: 128, seconds: run.quick ? 1 : 6 }); // warm-up: cold code costs twice as much
      const costs = await Costs.of(system);
      const measured: Cost[] = [];
      for (const load of LOADS) measured.push(await costs.measure({ ...load, ...(run.quick && { seconds: 2 }) }));
      await costs.close();
      for (const cost of measured) {
        run.progress.line(`one order, ${cost.inFlight} in flight`);
        for (const line of linesOf(cost)) run.progress.line(line);
      }
      return measured.flatMap(rowsOf);
    } finally {
      await system.stop();
    }
  },
};

function rowsOf(cost: Cost): Row[] {
  const { inFlight, done, transactions } = cost;
  const sumOf = (name: string): number => Object.values(done).reduce((sum, totals) => sum + (totals[name] ?? 0), 0);
  const delivered = Object.values(done).reduce((sum, totals) => sum + total(deliveredTo(totals)), 0);
  const row = (work: string, value: number, digits = 2): Row => ({
    work: `one order, ${inFlight} in flight: ${work}`,
    digits,
    ours: [value],
  });
  return [
    row('completed per second', cost.perSecond, 1),
    row('ms to completed, median', quantile(cost.completed, 0.5), 0),
    row('ms to completed, 99 % are faster', quantile(cost.completed, 0.99), 0),
    row('CPU ms, all processes', total(cost.cpu)),
    row('CPU ms of the generator of the load', cost.loadCpu),
    row('commits of units of work', sumOf('commits')),
    row('transactions', total(transactions)),
    row('fsyncs of the WAL', cost.fsyncs),
    row('WAL kB', cost.walBytes / 1_000, 1),
    row('messages and facts handled', sumOf('handled'), 1),
    row('AMQP messages published', sumOf('sent')),
    row('AMQP messages delivered to services', delivered),
    row('kB written by RabbitMQ', cost.brokerBytes / 1_000, 1),
  ];
}
