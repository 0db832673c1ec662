import { loadOrders, type Load } from '../orders/load.js';
import type { Sluice } from '../orders/sluice.js';
import { total, type Parts } from '../processes.js';
import { messagesOfOrder } from '../simulation/flow.js';
import { shown } from '../table/statistics.js';
import { Pulses } from './pulses.js';
import { counterReader } from './counters.js';

/** What one order costs at a load. Each value is per completed order; times in ms of a processor. */
export interface Cost {
  inFlight: number;
  perSecond: number;
  /** Times of the orders, from the request to the completion. Milliseconds. */
  completed: readonly number[];
  /** By service, and of RabbitMQ and PostgreSQL. */
  cpu: Record<string, number>;
  /** Of the generator of the load, which shares the processors. */
  loadCpu: number;
  /**
   * By service, what its processes say: commits, messages in them, AMQP messages sent and delivered. Their pulses come
   * late, so these are per order by the number of messages that an order has, and not by the orders that were completed.
   */
  done: Record<string, Record<string, number>>;
  /** Transactions of each database, reads included. */
  transactions: Record<string, number>;
  walBytes: number;
  fsyncs: number;
  brokerBytes: number;
}

/** Time for the pulse after the end of what is measured. Milliseconds. */
const PULSE_MS = 1_200;

export class Costs {
  private constructor(
    private readonly system: Sluice,
    private readonly pulses: Pulses,
    private readonly counters: () => Promise<Record<string, number>>,
  ) {}

  static async of(system: Sluice): Promise<Costs> {
    const broker = system.parts['RabbitMQ']![0]!;
    return new Costs(system, await Pulses.follow(system.brokerUrl), await counterReader(system.databaseUrl, broker));
  }

  /** @param parts whose processor time counts; those of the beginning when absent */
  async measure(load: Load, parts: Parts = this.system.parts): Promise<Cost> {
    const { counters } = this;
    const result = await loadOrders({ ...this.system, parts, counters }, load);
    await new Promise((resolve) => setTimeout(resolve, PULSE_MS));
    const { cpu, perSecond, completed, counted = {}, wal, window } = result;
    const { broker, load: loadCpu, ...transactions } = counted;
    const done = this.pulses.between(window.fromUs, window.toUs);
    const handled = Object.values(done).reduce((sum, totals) => sum + (totals['committed'] ?? 0), 0);
    const worked = handled / messagesOfOrder(); // of as many orders the messages of these pulses are
    for (const totals of Object.values(done)) for (const name of Object.keys(totals)) totals[name]! /= worked;
    const bytes = { walBytes: wal?.bytesPerOrder ?? NaN, fsyncs: wal?.fsyncsPerOrder ?? NaN, brokerBytes: broker! };
    return { inFlight: load.inFlight, perSecond, completed, cpu, loadCpu: loadCpu!, done, transactions, ...bytes };
  }

  close(): Promise<void> {
    return this.pulses.close();
  }
}

const COLUMNS = ['CPU ms', 'commits', 'messages in', 'ms each', 'transactions', 'AMQP sent', 'delivered'] as const;
const DELIVERED = 'delivered ';

/** AMQP messages that a service takes from its queues, by queue. */
export const deliveredTo = (totals: Readonly<Record<string, number>> = {}): Record<string, number> =>
  Object.fromEntries(
    Object.entries(totals).flatMap(([name, n]) =>
      name.startsWith(DELIVERED) ? [[name.slice(DELIVERED.length), n] as const] : [],
    ),
  );

/** The cost of an order by part of the system, as lines of text. */
export function linesOf({ cpu, done, transactions }: Cost): string[] {
  const rows = Object.entries(cpu).map(([part, ms]) => {
    const { commits = 0, committed = 0, sent = 0 } = done[part] ?? {};
    const database = transactions[`commits ${part.replace('-', '_')}`] ?? 0;
    const each = commits > 0 ? (done[part]?.['commit ms'] ?? 0) / commits : 0;
    return [part, ms, commits, committed, each, database, sent, total(deliveredTo(done[part]))] as const;
  });
  const queues = Object.values(done).flatMap((totals) => Object.entries(deliveredTo(totals)));
  return [
    `${''.padEnd(16)}${COLUMNS.map((column) => column.padStart(14)).join('')}`,
    ...rows.map(([part, ...n]) => `${part.padEnd(16)}${n.map((value) => shown(value, 2).padStart(14)).join('')}`),
    `AMQP messages by queue: ${queues.flatMap(([queue, n]) => (n > 0.01 ? [`${queue} ${shown(n, 2)}`] : [])).join(', ')}`,
  ];
}
