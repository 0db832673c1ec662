import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BENCHMARKS, TABLE } from './benchmarks.js';

const MOST_SECONDS = 25 * 60;

describe('the benchmarks', () => {
  it('are the files of their folder', () => {
    const files = readdirSync(new URL('benchmarks', import.meta.url)).map((file) => file.replace(/\.ts$/, ''));
    expect(Object.keys(BENCHMARKS).toSorted()).toEqual(files.toSorted());
  });

  it('of the table take less than 25 minutes together', () => {
    const seconds = Object.values(TABLE).reduce((sum, plan) => sum + plan.seconds, 0);
    expect(seconds).toBeLessThan(MOST_SECONDS);
  });
});
