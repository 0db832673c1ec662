import '@sluice/contracts';
import { register } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { decisionTime } from './decision-time.js';

const now = new Date('2026-01-02T12:00:00.000Z');
const ago = (ms: number): Date => new Date(now.getTime() - ms);
const judged = (acceptedAt?: Date) =>
  decisionTime({ type: 'orders.place', ...(acceptedAt && { acceptedAt: acceptedAt.toISOString() }) }, now);
const doubted = async (): Promise<number> =>
  (await register.getSingleMetric('sluice_instants_doubted_total')!.get()).values.reduce(
    (sum, { value }) => sum + value,
    0,
  );

const DAY_MS = 86_400_000;

describe('the instant to compare a deadline with', () => {
  it.each([
    ['the time of acceptance, however long the message has waited', ago(3_600_000), ago(3_600_000), 0],
    ['the present, when the time of acceptance is unknown', undefined, now, 0],
    ['the present, when that time is up to 1 s ahead', ago(-1_000), now, 0],
    ['the present, and counted, when that time is further ahead', ago(-1_001), now, 1],
    ['a day ago, when it was accepted then', ago(DAY_MS), ago(DAY_MS), 0],
    ['a day ago, and counted, when that time is older', ago(DAY_MS + 1), ago(DAY_MS), 1],
  ])('is %s', async (_, acceptedAt, expected, counted) => {
    const before = await doubted();
    expect(judged(acceptedAt)).toEqual(expected);
    expect((await doubted()) - before).toBe(counted);
  });
});
