import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfirmedIds } from './confirmed.js';

let alone: string[];
let deleted: string[];
let confirmed: ConfirmedIds;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  [alone, deleted] = [[], []];
  const deleteAlone = async (ids: string[]): Promise<void> => void alone.push(...ids);
  confirmed = new ConfirmedIds(deleteAlone, (ids) => deleted.push(...ids));
});
afterEach(() => {
  vi.useRealTimers();
});

const add = (count: number): string[] => {
  const ids = Array.from({ length: count }, (_, index) => `id ${index}`);
  for (const id of ids) confirmed.add(id);
  return ids;
};
const rides = (): number => confirmed.ride().statements.length;

describe('confirmed messages', () => {
  it('are deleted by the next commit when they are twenty', () => {
    add(19);
    expect(rides()).toBe(0);
    add(1);
    const riding = confirmed.ride();
    expect(riding.statements).toHaveLength(1);
    riding.end(true);
    expect(deleted).toHaveLength(20);
  });

  it('are deleted by the next commit, however few they are, when the first has waited for 100 ms', () => {
    const ids = add(1);
    vi.advanceTimersByTime(99);
    expect(rides()).toBe(0);
    vi.advanceTimersByTime(1);
    const riding = confirmed.ride();
    expect(riding.statements).toHaveLength(1);
    riding.end(true);
    expect(deleted).toEqual(ids);
  });

  it('are deleted without a commit after 200 ms, or when the commit that took them has failed', async () => {
    const ids = add(2);
    vi.advanceTimersByTime(200);
    await confirmed.idle();
    expect(alone).toEqual(ids);
    add(20);
    confirmed.ride().end(false);
    await confirmed.idle();
    expect(alone).toHaveLength(22);
    expect(deleted).toEqual([]);
  });
});
