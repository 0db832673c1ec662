import { describe, expect, it } from 'vitest';
import { messagesOf, SERVICES } from './flow.js';
import { oneMachine, type Layout } from './layout.js';
import { COST } from './measured.js';
import { PARAMETERS } from './parameters.js';
import { predict, predictReplicas, TOLERANCE } from './predictions.js';
import { simulate } from './simulate.js';

const expectNear = (value: number, wanted: number, tolerance: number): void => {
  expect(value).toBeGreaterThan(wanted * (1 - tolerance));
  expect(value).toBeLessThan(wanted * (1 + tolerance));
};

describe('the simulated system', () => {
  it('handles as many messages per order in each service as the real one', () =>
    expect(SERVICES.map(messagesOf)).toEqual([6, 2, 3, 4, 7, 1]));

  it('completes as many orders as were measured at a load from which no parameter comes', () =>
    expectNear(predict(64).perSecond, COST[64].perSecond, TOLERANCE));

  it('completes as many as were measured at the loads from which its parameters come', () => {
    for (const inFlight of [16, 256] as const)
      expectNear(predict(inFlight).perSecond, COST[inFlight].perSecond, TOLERANCE);
  });

  it('gives the same for the same seed', () => expect(predict(32)).toEqual(predict(32)));

  it('takes longer for an order when more come, and never completes more than come', () => {
    const at = (perSecond: number) =>
      simulate({ layout: oneMachine(8), load: { perSecond }, parameters: PARAMETERS, orders: 1_000 });
    const [calm, busy] = [at(30), at(200)];
    expect(calm.p50).toBeLessThan(busy.p50);
    expectNear(calm.perSecond, 30, 0.1);
  });
});

describe('a wall of the simulated system', () => {
  it('that is a process is carried by twice as many processes', () => {
    const { one, two } = predictReplicas('orders', 0.05, 128);
    expectNear(two / one, 2, 0.25);
  });

  it('that is a row is not passed by more processes', () => {
    const slowDisk = { ...PARAMETERS, fsyncMs: 20 };
    const rate = (inventory: number, hotShare: number): number => {
      const layout: Layout = {
        ...oneMachine(64),
        hotShare,
        processes: { ...oneMachine(64).processes, inventory },
        databases: 'one per service',
      };
      return simulate({ layout, load: { inFlight: 20 }, parameters: slowDisk, orders: 300 }).busiest['row']!;
    };
    expect(rate(1, 0)).toBe(0);
    expect(rate(8, 1)).toBeGreaterThan(rate(8, 0.1));
  });

  it('that is a leader is divided by partitions', () => {
    const slowLeader = { ...PARAMETERS, leaderMs: 4 };
    const busy = (partitions: number): number =>
      simulate({
        layout: { ...oneMachine(64), partitions },
        load: { perSecond: 30 },
        parameters: slowLeader,
        orders: 500,
      }).busiest['leader']!;
    expect(busy(1)).toBeGreaterThan(0.3);
    expectNear(busy(4), busy(1) / 4, 0.3);
  });
});
