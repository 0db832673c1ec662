/** Waiting times of failed messages. */
export interface Schedule {
  /** Waiting time before each further try of a message that fails by its own fault. Milliseconds. */
  readonly retryTiersMs: readonly number[];
  /**
   * Additional tiers for queues that call external providers, whose faults may last for hours; the last one repeats.
   * Milliseconds.
   */
  readonly outsideTiersMs: readonly number[];
  /**
   * How long a message that calls an external provider is retried, by the last part of the queue's name (`captures`).
   * Milliseconds.
   */
  readonly outsideForMs: Readonly<Record<string, number>>;
}

/** Long enough for a provider's outage at night on a weekend, until an operator can look at it. Milliseconds. */
const OUTSIDE_FOR_MS = 24 * 3_600_000;

/** Retries for a minute in case of short faults; calls to a provider then continue at intervals of up to an hour. */
export const SCHEDULE: Schedule = {
  retryTiersMs: [1_000, 10_000, 60_000],
  outsideTiersMs: [600_000, 3_600_000],
  outsideForMs: {},
};

/** Waiting time before each further try of a message of the queue `name`; after the last one it is a dead letter. */
export function tiersOf(
  name: string,
  outside: boolean,
  { retryTiersMs, outsideTiersMs, outsideForMs }: Schedule,
): number[] {
  if (!outside) return [...retryTiersMs];
  const tiers = [...retryTiersMs, ...outsideTiersMs];
  const horizonMs = outsideForMs[name] ?? OUTSIDE_FOR_MS;
  const times: number[] = [];
  for (let waited = 0; waited < horizonMs && tiers.length > 0; waited += times.at(-1)!)
    times.push(tiers[Math.min(times.length, tiers.length - 1)]!);
  return times;
}
