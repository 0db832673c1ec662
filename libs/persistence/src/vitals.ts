import type { Vitals } from '@sluice/contracts/kit';
import type { Histogram } from 'prom-client';
import { batchMessages, batchSeconds, outboxes, rowsOf } from './metrics.js';

/** Commits and outbox of the units of work of this process. Counters are those of the metrics. */
export type PersistenceVitals = Pick<Vitals, 'commits' | 'outbox'>;

/** Reads the outbox from the database; the commits are counted here. */
export async function persistenceVitals(): Promise<PersistenceVitals> {
  const [messages, seconds, outbox] = await Promise.all([sumsOf(batchMessages), sumsOf(batchSeconds), outboxes()]);
  const commits = { count: messages.count, messages: messages.sum, ms: Math.round(seconds.sum * 1_000) };
  if (!outbox || outbox.length === 0) return { commits };
  const oldestSeconds = Math.max(...outbox.map((one) => one.oldestSeconds), 0);
  return { commits, outbox: { rows: rowsOf(outbox), oldestSeconds } };
}

async function sumsOf(histogram: Histogram): Promise<{ count: number; sum: number }> {
  const { values } = await histogram.get();
  const valueOf = (suffix: string): number => values.find(({ metricName }) => metricName?.endsWith(suffix))?.value ?? 0;
  return { count: valueOf('_count'), sum: valueOf('_sum') };
}
