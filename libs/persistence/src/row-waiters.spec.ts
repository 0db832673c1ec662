import { describe, expect, it } from 'vitest';
import { RowWaiters } from './row-waiters.js';

const change = (...accounts: string[]) => ({ keys: { accounts } });
const [MAX_WAITING, MAX_WAIT_MS] = [20, 5_000];

describe('a change that waits for a row', () => {
  it('makes changes that need the held row wait too, but not those that need only its other rows', () => {
    const waiters = new RowWaiters();
    expect(waiters.heldRowsOf(change('ann'))).toEqual([]);
    waiters.add(change('ann', 'bob'), ['accounts/bob'], 0, 0);
    const others = [
      change('bob', 'eve'),
      change('ann'),
      change('eve'),
      { keys: { bins: ['bob'] } },
      { keys: { accounts: undefined } },
    ];
    expect(others.map((each) => waiters.heldRowsOf(each))).toEqual([['accounts/bob'], [], [], [], []]);
  });

  it('is taken together with all others in the order of their arrival, each with its start of waiting', () => {
    const waiters = new RowWaiters();
    const [first, second] = [change('ann'), change('bob')];
    waiters.add(first, ['accounts/ann'], 10, 10);
    waiters.add(second, ['accounts/bob'], 20, 30);
    expect(waiters.size).toBe(2);
    expect(waiters.take()).toEqual([
      { change: first, since: 10 },
      { change: second, since: 20 },
    ]);
    expect([waiters.size, waiters.take(), waiters.heldRowsOf(first)]).toEqual([0, [], []]);
  });

  it('is refused after five seconds of waiting', () => {
    const waiters = new RowWaiters();
    expect([
      waiters.add(change('ann'), [], 100, 100 + MAX_WAIT_MS),
      waiters.add(change('bob'), ['accounts/bob'], 100, 101 + MAX_WAIT_MS),
    ]).toEqual([true, false]);
    expect([waiters.size, waiters.heldRowsOf(change('bob'))]).toEqual([1, ['accounts/bob']]);
  });

  it('is one of at most twenty', () => {
    const waiters = new RowWaiters();
    const added = Array.from({ length: MAX_WAITING + 1 }, (_, index) =>
      waiters.add(change(`a${index}`), [`accounts/a${index}`], 0, 0),
    );
    expect(added.indexOf(false)).toBe(MAX_WAITING);
    waiters.take();
    expect(waiters.add(change('ann'), ['accounts/ann'], 0, 0)).toBe(true);
  });
});

it('is tried again after growing pauses, which are short again after a try that found free rows', () => {
  const waiters = new RowWaiters();
  const pauses = [true, false, false, false, false, true, false].map((foundSomeFree) => waiters.pauseMs(foundSomeFree));
  expect(pauses).toEqual([50, 100, 200, 400, 500, 50, 100]);
});
