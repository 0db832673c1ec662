import { validate, version } from 'uuid';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { newId } from './ids.js';

const many = (): string[] => Array.from({ length: 2_000 }, newId);
const timeOf = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

describe('a new id', () => {
  afterEach(() => void vi.useRealTimers());

  it('is a UUID version 7 of this moment', () => {
    // Ids never go back, and another spec of this process may have set its clock forward.
    vi.useFakeTimers({ now: timeOf(newId()) + 1_000 });
    const id = newId();
    expect([validate(id), version(id)]).toEqual([true, 7]);
    expect(timeOf(id)).toBe(Date.now());
  });

  it('is greater than the one before, also within one millisecond', () => {
    vi.useFakeTimers({ now: Date.now() + 1_000 });
    const ids = many();
    expect(ids).toEqual([...new Set(ids)].sort());
  });

  it('is greater than the one before when the clock is set back', () => {
    vi.useFakeTimers({ now: Date.now() + 60_000 });
    const earlier = newId();
    vi.setSystemTime(Date.now() - 30_000);
    const ids = [earlier, ...many()];
    expect(ids).toEqual([...new Set(ids)].sort());
  });

  it('has random bytes of its own', () => {
    const ends = many().map((id) => id.slice(-11));
    expect(new Set(ends).size).toBe(ends.length);
  });
});
