import { messagesOf, SERVICES, type ServiceName } from './flow.js';
import type { MeasuredCost } from './measured.js';

/** Processor time in ms of a batch: so much for each, and so much for each of its messages. */
export interface Cost {
  perCommit: number;
  perMessage: number;
}

/**
 * Two loads of the same work differ in how many messages share a commit. What the processor time differs by is what the
 * commits cost, wake-ups, round trips and AMQP messages included; the rest is what the messages cost.
 */
export function fitted(few: { cpuMs: number; batches: number }, many: typeof few, messages: number): Cost {
  const perCommit = Math.max(0, (few.cpuMs - many.cpuMs) / (few.batches - many.batches));
  return { perCommit, perMessage: Math.max(0, many.cpuMs - perCommit * many.batches) / messages };
}

export const costOfService = (service: ServiceName, few: MeasuredCost, many: MeasuredCost): Cost =>
  fitted(
    { cpuMs: few.cpuMs[service], batches: few.commits[service] },
    { cpuMs: many.cpuMs[service], batches: many.commits[service] },
    messagesOf(service),
  );

export const sum = (values: Readonly<Record<string, number>>): number =>
  Object.values(values).reduce((all, value) => all + value, 0);

export const costsOfServices = (few: MeasuredCost, many: MeasuredCost): Record<ServiceName, Cost> =>
  Object.fromEntries(SERVICES.map((service) => [service, costOfService(service, few, many)])) as Record<
    ServiceName,
    Cost
  >;
