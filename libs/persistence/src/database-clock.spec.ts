import { describe, expect, it } from 'vitest';
import { DatabaseClock } from './database-clock.js';

/** A clock of a process that shows the time in it. Milliseconds. */
const clockAt = (process: { ms: number }): DatabaseClock => new DatabaseClock(() => process.ms);

describe('the clock of the database', () => {
  it('is not known before a transaction has shown it, nor a second after the last one', () => {
    const process = { ms: 500 };
    const clock = clockAt(process);
    expect(clock.now()).toBeUndefined();
    clock.set(new Date(10_000));
    process.ms = 1_500;
    expect(clock.now()).toEqual(new Date(11_000));
    process.ms = 1_501;
    expect(clock.now()).toBeUndefined();
  });

  it('goes by the quickest of the last answers', () => {
    const process = { ms: 0 };
    const clock = clockAt(process);
    clock.set(new Date(10_000));
    process.ms = 100;
    clock.set(new Date(10_060)); // began 40 ms before its answer
    expect(clock.now()).toEqual(new Date(10_100));
    process.ms = 200;
    clock.set(new Date(10_210));
    expect(clock.now()).toEqual(new Date(10_210));
  });

  it('follows a clock that was set back within a second', () => {
    const process = { ms: 0 };
    const clock = clockAt(process);
    clock.set(new Date(10_000));
    process.ms = 1_001;
    clock.set(new Date(5_000));
    expect(clock.now()).toEqual(new Date(5_000));
  });
});
