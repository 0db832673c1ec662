import { collectDefaultMetrics, Counter, register } from 'prom-client';

/** How long a metric may take to be read: less than a scrape waits (10 s), longer than the questions that some ask. Milliseconds. */
const READ_TIMEOUT_MS = 3_000;

const unread = new Counter({
  name: 'sluice_metrics_unread_total',
  help: 'Scrapes that had to leave out a metric because it failed or took too long.',
  labelNames: ['metric'],
});

let watched = false;

/** The process's own metrics (memory, CPU, event loop, garbage collection), from the first scrape on: to watch the event loop wakes an idle process a hundred times a second. */
function watchProcess(): void {
  if (watched) return;
  watched = true;
  collectDefaultMetrics();
}

export const metricsType = register.contentType;

/** Every metric of this process that can be read in time, in the format of Prometheus. Never throws, never hangs. */
export async function metricsText(timeoutMs = READ_TIMEOUT_MS): Promise<string> {
  watchProcess();
  const names = register.getMetricsAsArray().map(({ name }) => name);
  const texts = await Promise.all(names.map((name) => read(name, timeoutMs)));
  return `${texts.filter((text) => text !== undefined).join('\n\n')}\n`;
}

/** One that cannot be read keeps no other from being read. */
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
