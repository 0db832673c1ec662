import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EXCHANGES } from '../index.js';
import { catalogueOf } from './catalogue.js';
import { exchangesOf } from './exchanges.js';
import { layout } from './layout.js';
import { command, event } from './message.js';
import { sendersIn } from './senders.js';
import { declareSystem, system } from './system.js';

const N = z.object({ n: z.int() });
const Count = command('counter.count', N);
const Counted = event('count.changed', N);
const counts = catalogueOf({ counter: [Count, Counted] });

describe('the system of a process', () => {
  it('is the one that the contracts declare', () => {
    expect(system().name).toBe('shop');
    expect(system().exchanges).toBe(EXCHANGES);
  });

  it('is declared once: another one is refused', () =>
    expect(() => declareSystem({ name: 'counts', catalogue: counts, sends: {} })).toThrow(
      /belongs to the system shop/,
    ));
});

describe('the exchanges of a system', () => {
  it('have its name as prefix', () => {
    const names = Object.values(exchangesOf('counts')).filter((value) => typeof value === 'string');
    expect(names.filter((name) => !/^counts(\.[a-z-]+)?$/.test(name))).toEqual([]);
    expect(exchangesOf('counts').retryTier(50)).toBe('counts.retry-tier.50');
  });

  it('of the shop keep their names, which other programs write down', () => {
    const { of, ...names } = { ...EXCHANGES, retryTier: EXCHANGES.retryTier(1_000) };
    expect(names).toEqual({
      prefix: 'shop',
      events: 'shop.events',
      commands: 'shop.commands',
      deliveries: 'shop.deliveries',
      live: 'shop.live',
      dead: 'shop.dead',
      home: 'shop.home',
      homeless: 'shop.homeless',
      unrouted: 'shop.unrouted',
      optional: 'shop.optional',
      operator: 'shop.operator',
      retryTiers: 'shop.retry-tier',
      retryTier: 'shop.retry-tier.1000',
    });
    expect((['event', 'command', 'query', 'delivery'] as const).map(of)).toEqual([
      'shop.events',
      'shop.commands',
      'shop.commands',
      'shop.deliveries',
    ]);
  });

  it('are all declared by the layout', () => {
    const { exchanges } = layout(
      { probe: { events: ['#'] } },
      { retryTiersMs: [50], outsideTiersMs: [], callsOutside: [], bound: 1, live: [], replicated: false },
    );
    const prefixes = [EXCHANGES.prefix, EXCHANGES.retryTiers];
    const names = Object.values(EXCHANGES).filter((name) => typeof name === 'string' && !prefixes.includes(name));
    expect(exchanges.map(({ name }) => name).sort()).toEqual([...names, EXCHANGES.retryTier(50)].sort());
  });
});

describe('the catalogue of a system', () => {
  it('has each contract with its owner, and the operations contracts of every service', () => {
    expect([...counts.contracts.keys()]).toEqual([
      'counter.count',
      'count.changed',
      'counter.queues',
      'counter.dead-letters',
      'counter.redrive',
      'counter.discard',
      'counter.reannounce',
      'service.pulse',
    ]);
    expect(counts.ownerOf(Counted)).toBe('counter');
    expect(counts.factsOf('counter')).toEqual([Counted]);
    expect(counts.requestsOf('counter').map(({ type }) => type)).not.toContain(Counted.type);
    expect(() => counts.ownerOf({ type: 'order.placed' })).toThrow('order.placed is no message type of this system');
  });

  it('lets every service of the system publish how it is, and nobody else', () => {
    const both = catalogueOf({ counter: [Count], display: [] });
    expect([...sendersIn(both, { website: [Count] })('service.pulse')!]).toEqual(['counter', 'display']);
    expect(() => both.ownerOf({ type: 'service.pulse' })).toThrow('service.pulse');
  });

  it('lets only the listed services send a request, and only its owner a fact', () => {
    const senders = sendersIn(counts, { website: [Count] });
    expect([...senders(Count.type)!, ...senders(Counted.type)!]).toEqual(['website', 'counter']);
  });
});
