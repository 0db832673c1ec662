import { startSystem } from '@sluice/testing';
import { startCollector, type Collector } from './collector.js';
import { SharedShop } from './shared-system.js';

/** Containers cannot reach a collector on this machine's loopback. */
export const IS_TRACED = process.env['E2E_IN_CONTAINERS'] !== 'true';
/** Long enough to pay within on a busy machine. */
const WINDOW_SECONDS = 4;

let started: Promise<Collector> | undefined;
/** The collector of the shop's spans. */
export const sharedCollector = (): Promise<Collector> => (started ??= startCollector());

const tracing = async (): Promise<Record<string, string>> => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: (await sharedCollector()).url,
  OTEL_BSP_SCHEDULE_DELAY: '200',
});

/** For tests that wait for the end of a payment window, and for those of its spans. */
export const tracedShop = new SharedShop(async () =>
  startSystem({ PAYMENT_WINDOW_SECONDS: String(WINDOW_SECONDS), ...(IS_TRACED && (await tracing())) }),
);

export async function closeTracedShop(): Promise<void> {
  await tracedShop.close();
  await (await started)?.close();
}
