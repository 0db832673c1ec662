import type { Message } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { filterOf, Pending, Recent } from './fact-filter.js';

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
