import { event } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { routesOf, topicMatcher, type Registration } from './routes.js';
import { Ask, Do, Happened, Slow } from './testing/probe.js';

const registration = (
  contract: Registration['subscription']['contract'],
  queue: string,
  prefetch?: number,
): Registration => ({
  pattern: contract?.type ?? '',
  handler: async () => undefined,
  subscription: { ...(contract && { contract }), queue, ...(prefetch !== undefined && { prefetch }) },
});

describe('topic patterns', () => {
  it.each([
    ['order.*', 'order.placed', true],
    ['order.*', 'order.line.added', false],
    ['order.*', 'order', false],
    ['order.#', 'order', true],
    ['order.#', 'order.line.added', true],
    ['*.rejected', 'stock.rejected', true],
    ['#', 'anything.at.all', true],
    ['#.rejected', 'rejected', true],
    ['a.#.z', 'a.b.c.z', true],
    ['a.#.z', 'a.b.c', false],
  ])('%s and %s: %s', (pattern, type, expected) => expect(topicMatcher(pattern)(type)).toBe(expected));

  const word = fc.stringMatching(/^[a-z]{1,4}$/);
  it('without a wildcard match only themselves', () => {
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1 }),
        fc.array(word, { minLength: 1 }),
        (one, other) => topicMatcher(one.join('.'))(other.join('.')) === (one.join('.') === other.join('.')),
      ),
    );
  });
});

describe('the routes of a service', () => {
  it('use the largest prefetch among the handlers of a queue, or the default', () => {
    const queues = routesOf(
      'probe',
      [registration(Do, 'commands', 5), registration(Slow, 'commands', 7), registration(Happened, 'events')],
      100,
    );
    expect(queues.map(({ queue, prefetch }) => [queue, prefetch])).toEqual([
      ['probe.commands', 7],
      ['probe.events', 100],
    ]);
  });

  it('are transient only when all messages of the queue are', () => {
    expect(routesOf('probe', [registration(Ask, 'queries')], 1)[0]?.transient).toBe(true);
    expect(() => routesOf('probe', [registration(Ask, 'mixed'), registration(Do, 'mixed')], 1)).toThrow(
      'give them two queues',
    );
  });

  it('find the exact type before a pattern', () => {
    const any = event('probe.*', z.unknown());
    const [queue] = routesOf('probe', [registration(any, 'events'), registration(Happened, 'events')], 1);
    expect([
      queue?.find('probe.happened')?.contract,
      queue?.find('probe.other')?.contract,
      queue?.find('order.placed'),
    ]).toEqual([Happened, any, undefined]);
  });

  it('refuse a handler that was not made with @On', () => {
    expect(() => routesOf('probe', [{ pattern: 'x', handler: async () => undefined, subscription: {} }], 1)).toThrow(
      '"x" in probe was not made with @On',
    );
  });
});
