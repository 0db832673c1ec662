import { describe, expect, it } from 'vitest';
import { Clock } from './clock.js';
import { Groups } from './groups.js';
import { Machine } from './machine.js';
import { exponential, randomNumbers } from './random.js';
import { Station } from './station.js';

const JOBS = 200_000;

interface Queue {
  places: number;
  /** Jobs per ms, at random. */
  rate: number;
  serviceMs: (random: () => number) => number;
}

/** @returns the mean time from the arrival of a job to its end. Milliseconds */
function meanTimeOf({ places, rate, serviceMs }: Queue, seed = 7): number {
  const clock = new Clock();
  const random = randomNumbers(seed);
  const station = new Station(clock, places);
  let [left, total] = [JOBS, 0];
  const come = (): void => {
    const came = clock.now;
    station.serve(serviceMs(random), () => (total += clock.now - came));
    if (--left > 0) clock.after(exponential(random, 1 / rate), come);
  };
  come();
  clock.run();
  return total / JOBS;
}

/** Of the textbooks: Kleinrock, Queueing Systems, volume 1. */
describe('a station', () => {
  it('with one place and random times takes 1 / (µ - λ) for a job (M/M/1)', () => {
    const mean = meanTimeOf({ places: 1, rate: 0.8, serviceMs: (random) => exponential(random, 1) });
    expect(mean).toBeGreaterThan(5 * 0.95);
    expect(mean).toBeLessThan(5 * 1.05);
  });

  it('with one place and equal times has half of that waiting (M/D/1)', () => {
    const mean = meanTimeOf({ places: 1, rate: 0.8, serviceMs: () => 1 });
    expect(mean).toBeGreaterThan(3 * 0.95);
    expect(mean).toBeLessThan(3 * 1.05);
  });

  it('with two places and random times waits as Erlang says (M/M/2)', () => {
    // ρ = 0.8: a job takes 1 / (µ (1 - ρ²)) on average
    const mean = meanTimeOf({ places: 2, rate: 1.6, serviceMs: (random) => exponential(random, 1) });
    expect(mean).toBeGreaterThan((1 / 0.36) * 0.95);
    expect(mean).toBeLessThan((1 / 0.36) * 1.05);
  });

  it('on a machine needs a core as well, and counts its own work', () => {
    const clock = new Clock();
    const machine = new Machine(clock, 1);
    const [one, other] = [new Station(clock, 1, machine), new Station(clock, 1, machine)];
    const ends: number[] = [];
    for (const thread of [one, one, other]) thread.serve(2, () => ends.push(clock.now));
    clock.run();
    expect([ends, one.busyMs, other.busyMs, machine.busyMs]).toEqual([[2, 4, 6], 4, 2, 6]);
  });
});

describe('a machine', () => {
  it('gives the next core to who has had least, and takes it from a long task in between', () => {
    const clock = new Clock();
    const machine = new Machine(clock, 1);
    const ends: string[] = [];
    const run = (name: string, ms: number): void =>
      machine.run(
        { usedMs: 0 },
        () => ms,
        () => ends.push(`${name} ${clock.now}`),
      );
    run('long', 9);
    clock.after(1, () => run('short', 1));
    clock.run();
    expect(ends).toEqual(['short 4', 'long 10']);
  });

  it('works with all of its cores at a time', () => {
    const clock = new Clock();
    const machine = new Machine(clock, 2);
    for (let n = 0; n < 4; n++)
      machine.run(
        { usedMs: 0 },
        () => 2,
        () => {},
      );
    clock.run();
    expect([clock.now, machine.busyMs]).toEqual([4, 8]);
  });
});

describe('groups', () => {
  const groupsOf = (most: number): { clock: Clock; groups: Groups<number>; served: number[][] } => {
    const clock = new Clock();
    const served: number[][] = [];
    const serve = (take: () => number[], done: () => void): void => {
      served.push(take());
      clock.after(10, done);
    };
    return { clock, groups: new Groups(serve, most), served };
  };

  it('serve at once who comes alone, and together who has come meanwhile, so many at most', () => {
    const { clock, groups, served } = groupsOf(3);
    groups.add(1);
    groups.add(2, 3);
    groups.add(4, 5);
    clock.run();
    expect([served, clock.now]).toEqual([[[1], [2, 3, 4], [5]], 30]);
  });

  it('take who is patient with the next of the others', () => {
    const { clock, groups, served } = groupsOf(10);
    groups.addPatient(1);
    expect(served).toEqual([]);
    groups.add(2);
    clock.run();
    expect(served).toEqual([[1, 2]]);
  });
});

it('the numbers of a seed are the same each time, and even', () => {
  const take = (seed: number): number[] => Array.from({ length: 10_000 }, randomNumbers(seed));
  expect(take(1)).toEqual(take(1));
  expect(take(1)).not.toEqual(take(2));
  const tenths = take(1).reduce(
    (counts, n) => counts.with(Math.floor(n * 10), counts[Math.floor(n * 10)]! + 1),
    new Array<number>(10).fill(0),
  );
  expect(Math.min(...tenths)).toBeGreaterThan(900);
});
