import { collectDefaultMetrics, Counter, register } from 'prom-client';

/**
 * Maximum time to read one metric: below the scrape timeout (10 s), above the query timeout of invariants.
 * Milliseconds.
 */
const READ_TIMEOUT_MS = 3_000;

const unread = new Counter({
  name: 'sluice_metrics_unread_total',
  help: 'Scrapes that had to leave out a metric because it failed or took too long.',
  labelNames: ['metric'],
});

let watched = false;

/**
 * Starts the metrics of the process (memory, CPU, event loop, garbage collection) with the first scrape. Not earlier,
 * because measuring the event loop wakes an idle process a hundred times per second.
 */
function watchProcess(): void {
  if (watched) return;
  watched = true;
  collectDefaultMetrics();
}

export const metricsType = register.contentType;

/** Returns all metrics of this process that can be read in time, in Prometheus format. Never throws, never hangs. */
export async function metricsText(timeoutMs = READ_TIMEOUT_MS): Promise<string> {
  watchProcess();
  const names = register.getMetricsAsArray().map(({ name }) => name);
  const texts = await Promise.all(names.map((name) => read(name, timeoutMs)));
  return `${texts.filter((text) => text !== undefined).join('\n\n')}\n`;
}

/** Reads one metric; returns undefined and counts the failure when it fails or times out, so that others are shown. */
async function read(name: string, timeoutMs: number): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => (timer = setTimeout(reject, timeoutMs, new Error('timeout'))));
  try {
    return await Promise.race([register.getSingleMetricAsString(name), timeout]);
  } catch {
    unread.inc({ metric: name });
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
