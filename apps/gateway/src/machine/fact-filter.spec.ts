import type { Message } from '@sluice/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { filterOf, Pending, Recent, Rounds } from './fact-filter.js';

const fact = (type: string, correlationId = 'c', orderId = 'o') =>
  ({ type, correlationId, data: { orderId } }) as unknown as Message;

describe('a filter of facts', () => {
  it('passes all facts when nothing is asked for', () => {
    expect(filterOf({})(fact('order.placed'))).toBe(true);
  });

  it('passes those that have the type, the correlation id and the order', () => {
    const passes = filterOf({ pattern: 'order.*', correlationId: 'c', orderId: 'o' });
    expect(passes(fact('order.placed'))).toBe(true);
    expect([fact('sale.changed'), fact('order.paid', 'd'), fact('order.paid', 'c', 'p')].map(passes)).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe('what is kept', () => {
  it('are the newest, in their order', () => {
    const recent = new Recent<number>(3);
    for (let n = 1; n <= 10; n++) recent.add(n);
    expect(recent.all()).toEqual([8, 9, 10]);
  });

  it('waits for its reader up to a bound, and what was skipped is counted once', () => {
    const pending = new Pending<number>(2);
    expect(pending.take()).toBeUndefined();
    for (let n = 1; n <= 5; n++) pending.add(n);
    expect(pending.take()).toEqual({ items: [4, 5], skipped: 3 });
    pending.add(6);
    expect(pending.take()).toEqual({ items: [6], skipped: 0 });
  });
});

describe('rounds', () => {
  const PAUSE = { perItemMs: 100, maxMs: 250 };
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const sending = () => {
    const pending = new Pending<number>(10);
    const sent: (number[] | undefined)[] = [];
    const rounds = new Rounds(() => (sent.push(pending.take()?.items), sent.at(-1)?.length ?? 0), PAUSE);
    const add = (...items: number[]) => items.forEach((item) => (pending.add(item), rounds.begin()));
    return { add, sent, rounds };
  };

  it('send at once what comes alone, and together what follows sooner than 100 ms for each', () => {
    const { add, sent } = sending();
    add(1, 2);
    vi.advanceTimersByTime(1);
    expect(sent).toEqual([[1, 2]]);
    add(3);
    vi.advanceTimersByTime(150);
    add(4);
    expect(sent).toHaveLength(1);
    vi.advanceTimersByTime(50);
    expect(sent).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('wait no longer than the bound, however much was sent', () => {
    const { add, sent } = sending();
    add(1, 2, 3, 4, 5, 6);
    vi.advanceTimersByTime(1);
    add(7);
    vi.advanceTimersByTime(250);
    expect(sent).toEqual([[1, 2, 3, 4, 5, 6], [7]]);
  });

  it('end when nothing follows, and begin again at once', () => {
    const { add, sent } = sending();
    add(1);
    vi.advanceTimersByTime(10_000);
    expect([sent, vi.getTimerCount()]).toEqual([[[1], undefined], 0]);
    add(2);
    vi.advanceTimersByTime(1);
    expect(sent).toEqual([[1], undefined, [2]]);
  });

  it('send nothing more once they have ended', () => {
    const { add, sent, rounds } = sending();
    add(1);
    rounds.end();
    add(2);
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual([]);
  });
});
