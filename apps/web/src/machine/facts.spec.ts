import { describe, expect, it } from 'vitest';
import { addressOf, asSubject, subjectOf, summaryOf, withMore, type Fact } from './facts.js';

const ORDER = '0198c0de-0000-8000-8000-000000000001';
const fact = (id: string, data: object = {}): Fact => ({
  ...{ id, type: 'order.paid', at: '2026-01-01T00:00:00Z', correlationId: 'request', data },
});

describe('a line of the facts', () => {
  it('follows its order, and without one the request that caused it', () => {
    expect(subjectOf(fact('a', { orderId: ORDER }))).toBe(`order:${ORDER}`);
    expect(subjectOf(fact('a'))).toBe('request');
  });

  it('says the plain values of the fact, without ids', () => {
    expect(summaryOf({ orderId: ORDER, version: 3, reason: 'customer', lines: [] })).toBe(
      'version 3 · reason customer',
    );
  });
});

describe('what was typed', () => {
  it('is an order when it is the id of one, and else a request', () => {
    expect([asSubject(ORDER), asSubject('0198c0de-0000-7000-8000-000000000001'), asSubject('x')]).toEqual([
      `order:${ORDER}`,
      '0198c0de-0000-7000-8000-000000000001',
      'x',
    ]);
  });

  it('is asked for by its name', () => {
    expect(addressOf('order.*', `order:${ORDER}`)).toBe(`/ops/facts?pattern=order.*&orderId=${ORDER}`);
    expect(addressOf('', 'request')).toBe('/ops/facts?correlationId=request');
    expect(addressOf('', '')).toBe('/ops/facts?');
  });
});

describe('facts that come', () => {
  it('stand before the earlier ones, each once, also after a reconnect', () => {
    const first = withMore({ facts: [], skipped: 0 }, { facts: [fact('a'), fact('b')], skipped: 1 });
    const second = withMore(first, { facts: [fact('b'), fact('c')], skipped: 0 });
    expect([second.facts.map(({ id }) => id), second.skipped]).toEqual([['c', 'b', 'a'], 1]);
  });

  it('are kept up to a bound', () => {
    const many = Array.from({ length: 300 }, (_, n) => fact(String(n)));
    const { facts } = withMore({ facts: [], skipped: 0 }, { facts: many, skipped: 0 });
    expect([facts.length, facts[0]!.id]).toEqual([100, '299']);
  });
});
