import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ClockEstimate } from './database-clock.js';

const at = (ms: number): string => new Date(ms).toISOString();

describe('the clock of sales', () => {
  let uptime = 0;
  let clock: ClockEstimate;
  beforeEach(() => {
    uptime = 1_000;
    clock = new ClockEstimate(
      () => uptime,
      () => 42,
    );
  });

  it('is the process’s own until the first instant of flash-sale', () => {
    expect(clock.now()).toBe(42);
    clock.observe(at(5_000_000));
    uptime += 10;
    expect(clock.now()).toBe(5_000_010);
  });

  it('is never ahead, and lags by the shortest latency of a message, in whatever order messages arrive', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100_000), { minLength: 1 }), (delays) => {
        const clock = new ClockEstimate(() => uptime);
        for (const delay of delays) clock.observe(at(7_000_000 + ++uptime - delay));
        expect(7_000_000 + uptime - clock.now()).toBe(Math.min(...delays));
      }),
    );
  });

  it('follows a clock that was set back, ten minutes later', () => {
    clock.observe(at(9_000_000));
    for (let minute = 0; minute < 10; minute++) {
      uptime += 60_000;
      clock.observe(at(1_000_000 + uptime));
    }
    expect(clock.now()).toBe(1_000_000 + uptime);
  });
});
