/** When a message that fails is tried again. */
export interface Schedule {
  /** Before each further try of a message that fails by its own fault. Milliseconds. */
  readonly retryTiersMs: readonly number[];
  /** Beyond those, for queues of calls to the outside, whose faults may last for hours; the last one is repeated. Milliseconds. */
  readonly outsideTiersMs: readonly number[];
  /** How long a message of a queue of calls to the outside is tried again, by the queue's last name (`captures`). Milliseconds. */
  readonly outsideForMs: Readonly<Record<string, number>>;
}

/** A provider's outage, and a weekend's night until somebody looks at it, are over within this. Milliseconds. */
const OUTSIDE_FOR_MS = 24 * 3_600_000;

/** A minute for what may pass, then an hour at most between two calls to somebody who fails for one message. */
export const SCHEDULE: Schedule = {
  retryTiersMs: [1_000, 10_000, 60_000],
  outsideTiersMs: [600_000, 3_600_000],
  outsideForMs: {},
};

/** The waiting times before each further try of a message of the queue `name`; after the last one it is a dead letter. */
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
