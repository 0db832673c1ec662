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

  it.each(Object.keys(SERVICES))(
    '%s reads its own queues, all of them but its tiers, which the broker empties, and no other',
    (service) => {
      expect(matching(named(service).read, queueNames)).toEqual(
        queueNames.filter((name) => name.startsWith(`${service}.`) && !name.startsWith(`${service}.retry.`)),
      );
    },
  );

  it('does not take a dot for any letter, nor a part of a name for the name', () => {
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
    ['notifications', ['amq.default', 'shop.deliveries', 'shop.dead', ...TIERS]],
  ])('%s writes to the exchanges that its work needs', (service, needed) => {
    expect(matching(named(service).write, exchangeNames).sort()).toEqual([...needed].sort());
  });

  it('orders alone has queues of its own making: its payment windows', () => {
    expect(users.filter(({ configure }) => matching(configure, [...queueNames, ...exchangeNames]).length > 0)).toEqual(
      [],
    );
    const makers = (queue: string): string[] =>
      users.filter(({ configure }) => new RegExp(configure).test(queue)).map(({ name }) => name);
    expect([makers('orders.payment-window.1800000'), makers('amq.gen-x')]).toEqual([['orders'], ['gateway']]);
  });

  it('the gateway reads what is live on its own queue, and has a right to no other: it can bind none', () => {
    const { read, write } = named('gateway');
    expect(matching(read, ['amq.gen-x', ...queueNames, ...exchangeNames])).toEqual(['amq.gen-x', 'shop.live']);
    expect(matching(write, queueNames)).toEqual([]);
  });

  it('each fact can be said by the one service that owns it', () => {
    const speakers = (type: string): string[] =>
      users.filter(({ facts }) => new RegExp(facts).test(type)).map(({ name }) => name);
    const facts = Object.keys(SERVICES).flatMap((service) => factsOf(service).map(({ type }) => ({ service, type })));
    expect(facts.length).toBe([...catalogue.values()].filter(({ kind }) => kind === 'event').length);
    for (const { service, type } of facts) expect(speakers(type), type).toEqual([service]);
  });

  it('only administrators may write to what is believed of them, and to what the broker alone fills', () => {
    for (const { name, write } of users)
      expect(
        matching(write, ['shop.operator', 'shop.home', 'shop.homeless', 'shop.unrouted', 'shop.optional', 'shop.live']),
        name,
      ).toEqual([]);
  });

  it('each failed message can be put into a tier by its own service alone', () => {
    const senders = (home: string): string[] =>
      users.filter(({ retries }) => new RegExp(retries).test(home)).map(({ name }) => name);
    const homes = bindings.filter(({ source }) => source === 'shop.home').map(({ destination }) => destination);
    expect(homes.length).toBeGreaterThan(10);
    for (const home of homes) expect(senders(home), home).toEqual([home.split('.', 1)[0]]);
    expect([...senders('ordersXevents'), ...senders('more-orders.events'), ...senders('shop.homeless')]).toEqual([]);
  });

  it('a new listener reads its queue, hands on what fails, and says nothing', () => {
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

/** The requests and deliveries that a service's code makes: `HaltParcels({...})`, `this.rpc.requestOrPending(Pay, ...)`. */
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

describe('the map and what the services send agree', () => {
  const nameOf = new Map(Object.entries(contracts).map(([name, value]) => [value as unknown, name]));

  it('the gateway may send what its code sends and nothing else, and asks every service about its queues', () => {
    const operations = contracts.OPERATED.flatMap((service) =>
      Object.values(contracts.operationsOf(service)!),
    ) as contracts.Contract[];
    const allowed = SENDS['gateway']!.filter((contract) => !operations.includes(contract)).map((contract) =>
      nameOf.get(contract),
    );
    expect([...sent('gateway')].sort()).toEqual(allowed.sort());
    expect(SENDS['gateway']).toEqual(expect.arrayContaining(operations));
  });

  it.each(Object.keys(SERVICES))('%s sends nothing that the contracts do not name', (service) => {
    expect(
      sent(service).filter((name) => !(SENDS[service] ?? []).some((contract) => nameOf.get(contract) === name)),
    ).toEqual([]);
  });
});
