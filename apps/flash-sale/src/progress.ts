import { type Outgoing, SaleChanged, SaleProgress } from '@sluice/contracts';
import { saleView } from './sale.view.js';
import type { Sale } from './tables.js';

/** A sale after a rule, and the messages to send besides. */
export interface SaleChange {
  sale: Sale;
  messages: Outgoing[];
}

/**
 * Shortest interval between two reports of a sale's counters and queue to its subscribers, in ms: it looks immediate,
 * and a burst of 20,000 claims becomes some dozen messages to every gateway.
 */
export const REPORT_EVERY_MS = 500;
/** A longer interval gives no measure of speed, because no claim waited or no consumer ran. Milliseconds. */
const MEASURABLE_MS = 4 * REPORT_EVERY_MS;
/** Time constant of the speed's smoothing: queue positions should not jump. Milliseconds. */
const SMOOTHING_MS = 1_000;

/**
 * The next version of a sale, with the messages to its subscribers: at once when it opens, sells out or closes,
 * otherwise at the next report. The sweep reports what no later message has reported.
 */
export function withProgress(before: Sale, { sale, messages }: SaleChange, now: Date): SaleChange {
  const after = { ...sale, version: before.version + 1 };
  const isDue = isReportDue(before, now);
  if (!isDue && after.state === before.state) return { sale: after, messages };
  const reported = { ...(isDue ? withReport(after, now) : after), toldVersion: after.version };
  return { sale: reported, messages: [...messages, SaleChanged(saleView(reported)), ...progress(before, reported)] };
}

const isReportDue = ({ toldAt }: Sale, now: Date): boolean => now.getTime() - toldAt.getTime() >= REPORT_EVERY_MS;

/** Whether there is unreported progress and the next report is due. */
export const hasUnreportedProgress = (sale: Sale, now: Date): boolean =>
  isReportDue(sale, now) && (sale.version > sale.toldVersion || sale.drained > sale.toldDrained);

const withReport = (sale: Sale, now: Date): Sale => ({
  ...sale,
  perSecond: rate(sale, now.getTime() - sale.toldAt.getTime()),
  toldAt: now,
  toldDrained: sale.drained,
});

function rate({ perSecond, drained, toldDrained }: Sale, ms: number): number {
  if (ms > MEASURABLE_MS) return perSecond;
  const latest = ((drained - toldDrained) * 1_000) / ms;
  const weight = perSecond === 0 ? 1 : 1 - Math.exp(-ms / SMOOTHING_MS);
  return Math.round((perSecond + (latest - perSecond) * weight) * 10) / 10;
}

const progress = (before: Sale, { id: saleId, drained, toldDrained, perSecond }: Sale): Outgoing[] =>
  toldDrained > before.toldDrained ? [SaleProgress({ saleId, drained, perSecond })] : [];
