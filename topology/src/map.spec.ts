import { catalogue } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { CALLS_OUTSIDE, SERVICES } from './map.js';
import { topology } from './topology.js';

const { exchanges, queues, bindings } = topology();
const types = (kinds: readonly string[]) =>
  [...catalogue.values()].filter(({ kind }) => kinds.includes(kind)).map(({ type }) => type);
const consumersOf = (type: string) =>
  Object.values(SERVICES)
    .flatMap((service) => Object.values(service))
    .filter((takes) => takes.some((what) => typeof what !== 'string' && what.type === type));

describe('the map', () => {
  it.each(types(['command', 'query', 'delivery']))('gives %s to exactly one queue', (type) => {
    expect(consumersOf(type)).toHaveLength(1);
  });

  it.each(
    [...catalogue.values()].filter(({ kind, optional }) => kind === 'event' && !optional).map(({ type }) => type),
  )('has a subscriber of %s', (type) => {
    expect(consumersOf(type)).not.toHaveLength(0);
  });

  it('gives each request to the service that it is named after', () => {
    const foreign = Object.entries(SERVICES).flatMap(([service, its]) =>
      Object.values(its)
        .flat()
        .filter(
          (what) =>
            typeof what !== 'string' &&
            (what.kind === 'command' || what.kind === 'query') &&
            !what.type.startsWith(`${service}.`),
        ),
    );
    expect(foreign).toEqual([]);
  });

  it('binds only declared exchanges and queues', () => {
    const there = new Set([...exchanges, ...queues].map(({ name }) => name));
    expect(
      bindings.flatMap(({ source, destination }) => [source, destination]).filter((name) => !there.has(name)),
    ).toEqual([]);
  });

  it('gives every durable queue an unbounded dead-letter queue', () => {
    const durable = queues
      .filter(({ arguments: args }) => args['x-dead-letter-exchange'] === 'shop.dead')
      .map(({ name }) => name);
    const dead = new Map(queues.map(({ name, arguments: args }) => [name, args]));
    expect(durable.length).toBeGreaterThan(10);
    for (const name of durable) expect(dead.get(`${name}.dead`)).not.toHaveProperty('x-max-length');
    expect(durable.filter((name) => !dead.has(`${name}.dead`))).toEqual([]);
  });

  it('returns failed messages to their durable queue, or to the queue beside a bounded one', () => {
    const homes = bindings
      .filter(({ source }) => source === 'shop.home')
      .map(({ key, destination }) => [key, destination]);
    const durable = queues
      .filter(({ arguments: args }) => args['x-dead-letter-exchange'] === 'shop.dead')
      .map(({ name }) => [name, name]);
    expect(homes).toEqual(durable);
    expect(homes).toContainEqual(['flash-sale.claims-again', 'flash-sale.claims-again']);
  });

  it('gives each service with a durable queue its own tiers, and the long ones only to callers of providers', () => {
    const tiersOf = (service: string) =>
      queues.map(({ name }) => name).filter((name) => name.startsWith(`${service}.retry.`));
    const everywhere = (service: string) => [1_000, 10_000, 60_000].map((ms) => `${service}.retry.${ms}`);
    const outside = (service: string) => [
      ...everywhere(service),
      `${service}.retry.600000`,
      `${service}.retry.3600000`,
    ];
    for (const service of ['orders', 'inventory', 'promotions', 'flash-sale'])
      expect(tiersOf(service)).toEqual(everywhere(service));
    for (const service of ['payments', 'logistics', 'notifications'])
      expect(tiersOf(service)).toEqual(outside(service));
    expect(tiersOf('accounts')).toEqual([]);
    expect(CALLS_OUTSIDE.filter((queue) => !queues.some(({ name }) => name === queue))).toEqual([]);
  });

  it('replicates all queues in a cluster except those with passwords, which must not reach a disk', () => {
    const { queues: replicated } = topology({ replicated: true });
    const classic = replicated
      .filter(({ arguments: args }) => args['x-queue-type'] === 'classic')
      .map(({ name }) => name);
    expect(classic).toEqual(['accounts.queries']);
    expect(replicated.map(({ name }) => name)).toEqual(queues.map(({ name }) => name));
  });

  it('accepts a new consumer in one line', () => {
    const { queues: more } = topology({ services: { ...SERVICES, 'order-log': { events: ['order.*'] } } });
    expect(more.map(({ name }) => name).slice(queues.length)).toEqual([
      'order-log.events.dead',
      'order-log.events',
      'order-log.retry.1000',
      'order-log.retry.10000',
      'order-log.retry.60000',
    ]);
  });
});
