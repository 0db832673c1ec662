import type { Snapshot } from './snapshot.js';

/** Seconds that are kept: five minutes. */
const KEPT = 300;

/** Values by name, one for each of `times`; null where there was none. */
export interface History {
  /** Seconds since the epoch. */
  times: readonly number[];
  series: ReadonlyMap<string, readonly (number | null)[]>;
}

export const emptyHistory: History = { times: [], series: new Map() };

/** Adds what a snapshot shows. A series that is new has no values for the time before. */
export function remember({ times, series }: History, snapshot: Snapshot): History {
  const values = valuesOf(snapshot);
  const names = new Set([...series.keys(), ...values.keys()]);
  const before = times.slice(1 - KEPT);
  return {
    times: [...before, Date.parse(snapshot.at) / 1_000],
    series: new Map(
      [...names].map((name) => {
        const known = (series.get(name) ?? []).slice(1 - KEPT);
        const missing = Array.from({ length: before.length - known.length }, () => null);
        return [name, [...missing, ...known, values.get(name) ?? null]];
      }),
    ),
  };
}

function valuesOf({ orders, queues, services }: Snapshot): Map<string, number | undefined> {
  const commits = services.flatMap((one) => one.commits ?? []);
  const perSecond = sum(commits.map((one) => one.perSecond));
  const messages = sum(commits.map((one) => one.perSecond * one.messagesEach));
  const gateway = services.find(({ service }) => service === 'gateway')?.requests;
  return new Map<string, number | undefined>([
    ['placed', orders.placedPerSecond],
    ['completed', orders.completedPerSecond],
    ['commits', perSecond],
    ['batch', perSecond > 0 ? messages / perSecond : 0],
    ['outbox', sum(services.map(({ outbox }) => outbox?.rows ?? 0))],
    ['outbox seconds', Math.max(0, ...services.map(({ outbox }) => outbox?.oldestSeconds ?? 0))],
    ['p50', gateway?.p50Ms],
    ['p99', gateway?.p99Ms],
    ...queues.flatMap(({ queue, ready, unacknowledged, in: arriving, out }): [string, number | undefined][] => [
      [`waiting ${queue}`, ready === undefined ? undefined : ready + unacknowledged],
      [`in ${queue}`, arriving],
      [`out ${queue}`, out],
    ]),
  ]);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
