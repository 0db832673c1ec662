import { describe, expect, it } from 'vitest';
import { Latest } from './latest.js';

describe('the latest value', () => {
  it('is read once for all who ask within its age', async () => {
    let reads = 0;
    const latest = new Latest(async () => ++reads, 1_000);
    expect(await Promise.all([latest.value(60_000), latest.value(60_000)])).toEqual([1, 1]);
    expect(await latest.value(60_000)).toBe(1);
    expect(await latest.value(0)).toBe(2);
  });

  it('stays when a reading fails, or takes longer than the caller waits', async () => {
    let read = async (): Promise<number> => 1;
    const latest = new Latest(() => read(), 20);
    expect(await latest.value(0)).toBe(1);
    read = () => Promise.reject(new Error('no'));
    expect(await latest.value(0)).toBe(1);
    let finish!: (value: number) => void;
    read = () => new Promise((resolve) => (finish = resolve));
    expect(await latest.value(0)).toBe(1);
    finish(2);
    read = async () => 3;
    expect(await latest.value(0)).toBe(2);
    expect(await latest.value(0)).toBe(3);
  });
});
