import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allServices } from '@sluice/stack/workspace';
import { GATEWAY, LONG_FAULTS, planOf, type Fault, type Form, type Kind, type Part } from './plan.js';

const services = allServices();
const seed = fc.integer({ min: 1, max: 999_999 });
const parts = (plan: Fault[]) => plan.flatMap((fault) => fault.parts);
const isOf =
  <K extends Kind>(kind: K) =>
  (part: Part): part is Extract<Part, { kind: K }> =>
    part.kind === kind;
const kinds = (plan: Fault[]) =>
  parts(plan)
    .map((part) => ('to' in part ? `${part.kind} ${part.to}` : part.kind))
    .sort();

describe('the plan of a run', () => {
  it('is the same for the same seed', () => {
    fc.assert(
      fc.property(seed, fc.boolean(), (n, short) => {
        expect(planOf(n, services, { short })).toEqual(planOf(n, services, { short }));
      }),
    );
  });

  it('of an upgrade replaces every process once, two of them gateways, between its migrations', () => {
    fc.assert(
      fc.property(seed, (n) => {
        const plan = parts(planOf(n, services, { upgrade: true }));
        expect([plan[0]?.kind, plan.at(-1)?.kind]).toEqual(['expand', 'contract']);
        const replaced = plan.filter(isOf('replace')).map(({ service }) => service);
        expect(replaced.toSorted()).toEqual([...services, GATEWAY].toSorted());
        expect(plan).toHaveLength(replaced.length + 2);
        expect(plan.filter(isOf('replace')).filter(({ beside }) => beside)).toHaveLength(replaced.length / 2);
      }),
    );
  });

  it('of an upgrade from an earlier revision replaces the gateways last', () => {
    fc.assert(
      fc.property(seed, (n) => {
        const replaced = parts(planOf(n, services, { upgrade: true, from: 'HEAD' })).filter(isOf('replace'));
        expect(replaced.slice(-2).map(({ service }) => service)).toEqual([GATEWAY, GATEWAY]);
      }),
    );
  });

  it('kills each service once, and then two at once', () => {
    fc.assert(
      fc.property(seed, (n) => {
        const kills = parts(planOf(n, services))
          .filter(isOf('kill'))
          .map(({ victims }) => victims);
        expect(
          kills
            .filter(({ length }) => length === 1)
            .flat()
            .sort(),
        ).toEqual([...services].sort());
        const [pair, ...more] = kills.filter(({ length }) => length === 2);
        expect([new Set(pair).size, more]).toEqual([2, []]);
      }),
    );
  });

  it('has every other fault once', () => {
    fc.assert(
      fc.property(seed, (n) => {
        expect(kinds(planOf(n, services)).filter((kind) => kind !== 'kill')).toEqual([
          'delay broker',
          'delay database',
          'disk-alarm',
          'freeze',
          'kill-broker',
          'kill-postgres',
          'reset broker',
          'reset database',
          'swallow broker',
          'swallow database',
        ]);
      }),
    );
  });

  it('comes in another order and at other times with another seed', () => {
    const order = (n: number) =>
      planOf(n, services)
        .map(({ name }) => name)
        .join();
    expect(new Set(Array.from({ length: 20 }, (_, n) => order(n + 1))).size).toBe(20);
  });

  it('swallows and freezes for longer than three heartbeats of 5 s', () => {
    fc.assert(
      fc.property(seed, fc.boolean(), (n, short) => {
        const long = planOf(n, services, { short }).filter((fault) =>
          fault.parts.some(({ kind }) => kind === 'swallow' || kind === 'freeze'),
        );
        expect(long.every(({ holdMs }) => holdMs > 15_000)).toBe(true);
      }),
    );
  });

  it('takes less than half a minute of waiting in its short form', () => {
    fc.assert(
      fc.property(seed, (n) => {
        const short = planOf(n, services, { short: true });
        expect(short.reduce((sum, { pauseMs, holdMs }) => sum + pauseMs + holdMs, 0)).toBeLessThan(30_000);
        expect(kinds(short)).toEqual([
          'freeze',
          'kill',
          'kill-broker',
          'kill-postgres',
          'reset database',
          'swallow broker',
        ]);
      }),
    );
  });
});

describe('the plan of a long run', () => {
  const long = (n: number, more: Form = {}) => planOf(n, services, { long: true, ...more });
  const minutes = (plan: Fault[]) => plan.reduce((sum, { pauseMs, holdMs }) => sum + pauseMs + holdMs, 0) / 60_000;

  it('has every sickness once, in an order of the seed, for half an hour less the recoveries', () => {
    fc.assert(
      fc.property(seed, (n) => {
        expect(
          long(n)
            .map(({ key }) => key)
            .sort(),
        ).toEqual([...LONG_FAULTS].sort());
        expect(long(n)).toEqual(long(n));
        expect(minutes(long(n))).toBeGreaterThan(25);
        expect(minutes(long(n))).toBeLessThan(29);
      }),
    );
    expect(
      new Set(
        Array.from({ length: 20 }, (_, n) =>
          long(n + 1)
            .map(({ key }) => key)
            .join(),
        ),
      ).size,
    ).toBeGreaterThan(15);
  });

  it.each([
    ['read-only', 180],
    ['disk-full', 120],
    ['refusing', 180],
    ['row-locked', 120],
    ['alarm', 300],
    ['providers', 480],
  ])('holds %s for %d s', (key, length) => {
    expect(long(1, { only: [key] }).map(({ holdMs }) => holdMs)).toEqual([length * 1_000]);
  });

  it('repeats one fault as it is in the whole run, and shortens all alike', () => {
    fc.assert(
      fc.property(seed, fc.constantFrom(...LONG_FAULTS), (n, key) => {
        const [whole] = long(n).filter((fault) => fault.key === key);
        expect(long(n, { only: [key] })).toEqual([whole]);
        expect(long(n, { only: [key], scale: 0.1 })).toEqual([{ ...whole, holdMs: Math.round(whole!.holdMs / 10) }]);
      }),
    );
  });

  it('puts one clock ten minutes ahead and another ten minutes behind', () => {
    fc.assert(
      fc.property(seed, (n) => {
        const [{ offsets } = { offsets: {} }] = parts(long(n, { only: ['clocks'] })).filter(isOf('clocks'));
        expect(Object.values(offsets)).toEqual([600_000, -600_000]);
        expect(services).toEqual(expect.arrayContaining(Object.keys(offsets)));
      }),
    );
  });
});
