import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as contracts from '@sluice/contracts';
import { catalogue, factsOf, SENDS } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { SERVICES, WORK } from './map.js';
import { topology } from './topology.js';
import { userOf, usersOf, type BrokerUser } from './users.js';

const users = usersOf(WORK);
const { exchanges, queues, bindings } = topology();
const named = (name: string): BrokerUser => userOf(name, WORK);
const matching = (pattern: string, names: readonly string[]): string[] =>
  names.filter((name) => new RegExp(pattern).test(name));
const queueNames = queues.map(({ name }) => name);
const TIERS = [
  'shop.retry-tier.1000',
  'shop.retry-tier.10000',
  'shop.retry-tier.60000',
  'shop.retry-tier.600000',
  'shop.retry-tier.3600000',
];
const exchangeNames = ['amq.default', ...exchanges.map(({ name }) => name)];

describe('the users of the broker', () => {
  it('are the services and the gateway, each once', () => {
    expect(users.map(({ name }) => name).sort()).toEqual(['gateway', ...Object.keys(SERVICES)].sort());
  });

  it.each(Object.keys(SERVICES))('%s reads all of its own queues except its tiers, and no other', (service) => {
    expect(matching(named(service).read, queueNames)).toEqual(
      queueNames.filter((name) => name.startsWith(`${service}.`) && !name.startsWith(`${service}.retry.`)),
    );
  });

  it('match names exactly: a dot is a dot, and a part of a name does not match', () => {
    const { read, write } = named('orders');
    expect(
      matching(read, ['ordersXevents', 'orders.events2', 'more-orders.events', 'orders.payment-window.1800000x']),
    ).toEqual([]);
    expect(
      matching(write, ['shopXevents', 'shop.events.more', 'shop.retry-tier.', 'shop.retry-tier.1x', 'shop.retry.1000']),
    ).toEqual([]);
  });

  it.each([
    ['gateway', ['shop.commands']],
    ['accounts', ['amq.default', 'shop.events']],
    ['inventory', ['amq.default', 'shop.events', 'shop.dead', ...TIERS]],
    ['orders', ['amq.default', 'shop.events', 'shop.commands', 'shop.dead', ...TIERS]],
    ['notifications', ['amq.default', 'shop.events', 'shop.commands', 'shop.deliveries', 'shop.dead', ...TIERS]],
  ])('%s writes to the exchanges that its work needs', (service, needed) => {
    expect(matching(named(service).write, exchangeNames).sort()).toEqual([...needed].sort());
  });

  it('allow only orders to declare queues: its payment windows', () => {
    expect(users.filter(({ configure }) => matching(configure, [...queueNames, ...exchangeNames]).length > 0)).toEqual(
      [],
    );
    const makers = (queue: string): string[] =>
      users.filter(({ configure }) => new RegExp(configure).test(queue)).map(({ name }) => name);
    expect([makers('orders.payment-window.1800000'), makers('amq.gen-x')]).toEqual([['orders'], ['gateway']]);
  });

  it('allow the gateway to read live events on its own exclusive queue, and to bind no other queue', () => {
    const { read, write } = named('gateway');
    expect(matching(read, ['amq.gen-x', ...queueNames, ...exchangeNames])).toEqual(['amq.gen-x', 'shop.live']);
    expect(matching(write, queueNames)).toEqual([]);
  });

  it('allow only the owner to publish an event, and every service to say how it is', () => {
    const publishers = (type: string): string[] =>
      users.filter(({ facts }) => new RegExp(facts).test(type)).map(({ name }) => name);
    const facts = Object.keys(SERVICES).flatMap((service) => factsOf(service).map(({ type }) => ({ service, type })));
    const owned = [...catalogue.values()].filter(({ kind, shared }) => kind === 'event' && !shared);
    expect(facts.length).toBe(owned.length);
    for (const { service, type } of facts) expect(publishers(type), type).toEqual([service]);
    expect(publishers('service.pulse').sort()).toEqual(Object.keys(SERVICES).sort());
    expect([...publishers('service.pulse.more'), ...publishers('service.stopped')]).toEqual([]);
  });

  it('allow no service to write to shop.operator or to exchanges that only the broker fills', () => {
    for (const { name, write } of users)
      expect(
        matching(write, ['shop.operator', 'shop.home', 'shop.homeless', 'shop.unrouted', 'shop.optional', 'shop.live']),
        name,
      ).toEqual([]);
  });

  it('allow only the service of a queue to publish its failed messages to a tier', () => {
    const senders = (home: string): string[] =>
      users.filter(({ retries }) => new RegExp(retries).test(home)).map(({ name }) => name);
    const homes = bindings.filter(({ source }) => source === 'shop.home').map(({ destination }) => destination);
    expect(homes.length).toBeGreaterThan(10);
    for (const home of homes) expect(senders(home), home).toEqual([home.split('.', 1)[0]]);
    expect([...senders('ordersXevents'), ...senders('more-orders.events'), ...senders('shop.homeless')]).toEqual([]);
  });

  it('allow a new consumer to read its queue and to republish its failed messages, but no events', () => {
    const { name, configure, write, read, facts, retries } = userOf('order-log', {
      ...WORK,
      services: { 'order-log': { events: ['order.*'] } },
    });
    expect({ name, configure, facts, retries }).toEqual({
      name: 'order-log',
      configure: '^$',
      facts: '^$',
      retries: '^order-log\\.',
    });
    expect(matching(read, [...queueNames, 'order-log.events', 'order-log.events.dead'])).toEqual([
      'order-log.events',
      'order-log.events.dead',
    ]);
    expect(matching(write, exchangeNames)).toEqual(['shop.dead', ...TIERS]);
  });
});

const APPS = path.resolve(import.meta.dirname, '../../apps');

/** Requests and deliveries that a service's code sends: `HaltParcels({...})`, `this.rpc.requestOrPending(Pay, ...)`. */
function sent(service: string): string[] {
  const folder = path.join(APPS, service, 'src');
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  const code = files
    .filter((file) => file.endsWith('.ts') && !/\.spec\.ts$|^(testing|generated)\//.test(file))
    .map((file) => readFileSync(path.join(folder, file), 'utf8'))
    .join('\n');
  return Object.entries(contracts)
    .filter(([, value]) => typeof value === 'function' && 'kind' in value && value.kind !== 'event')
    .filter(([name]) =>
      new RegExp(`\\b${name}\\(|\\.(requestOrPending|request|post)\\(${name}\\b`).test(
        code.replaceAll(/@On\([^)]*\)/g, ''),
      ),
    )
    .map(([name]) => name);
}

describe('the map agrees with the messages that services send', () => {
  const nameOf = new Map(Object.entries(contracts).map(([name, value]) => [value as unknown, name]));

  it('the gateway may send what its code sends and nothing else, and the operations queries of all services', () => {
    const operations = contracts.OPERATED.flatMap((service) =>
      Object.values(contracts.operationsOf(service)!),
    ) as contracts.Contract[];
    const allowed = SENDS['gateway']!.filter((contract) => !operations.includes(contract)).map((contract) =>
      nameOf.get(contract),
    );
    expect([...sent('gateway')].sort()).toEqual(allowed.sort());
    expect(SENDS['gateway']).toEqual(expect.arrayContaining(operations));
  });

  it.each(Object.keys(SERVICES))('%s sends only messages listed in SENDS', (service) => {
    expect(
      sent(service).filter((name) => !(SENDS[service] ?? []).some((contract) => nameOf.get(contract) === name)),
    ).toEqual([]);
  });
});
