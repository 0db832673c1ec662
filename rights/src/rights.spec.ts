import { beforeAll, describe, expect, it } from 'vitest';
import { allServices, databaseServices } from '@sluice/stack/workspace';
import { isWrong, type Attempt } from './attempt.js';
import { brokerRights } from './broker.js';
import { databaseRights } from './databases.js';
import { reportLines } from './report.js';

/** Thirty thousand tries, on a busy machine. Milliseconds. */
const WITHIN_MS = 180_000;

const { AMQP_URL = '', AMQP_MANAGEMENT_URL = '', DATABASE_URL = '' } = process.env;

describe("the rights of the broker's users", () => {
  let tried: Attempt[];
  beforeAll(async () => (tried = await brokerRights({ url: AMQP_URL, managementUrl: AMQP_MANAGEMENT_URL })), WITHIN_MS);
  const outcomes = (...ways: string[]): string[] =>
    [...new Set(tried.filter(({ way }) => ways.includes(way)).map(({ outcome }) => outcome))].sort();

  it("let nobody send, read or bind what is another's, whatever way it takes, and everybody send what is their own", () => {
    expect(tried.filter(isWrong)).toEqual([]);
  });

  it('are tried for every user, with every message that it may not send', () => {
    const users = new Set(tried.map(({ user }) => user));
    expect([...users].sort()).toEqual(allServices());
    for (const way of [
      'its exchange',
      'the default exchange',
      'a retry tier',
      'shop.operator',
      'a dead letter, redriven by an administrator',
      'a timer that ends in shop.dead',
    ]) {
      for (const user of users)
        expect(tried.filter((one) => one.user === user && one.way === way).length, `${user}, ${way}`).toBeGreaterThan(
          80,
        );
    }
  });

  it('are refused by the broker where it has the means', () => {
    expect(
      outcomes(
        'read',
        'bound to shop.live',
        'bound to shop.events',
        'another exchange',
        'shop.operator',
        'its exchange, in the name of its sender',
        'a timer that ends in shop.operator',
      ),
    ).toEqual(['refused']);
    const facts = tried.filter(({ what, way }) => what === 'payment.captured' && way === 'its exchange');
    expect(facts.map(({ user, outcome }) => `${user} ${outcome}`).sort()).toEqual(
      allServices().map((user) => `${user} ${user === 'payments' ? 'allowed' : 'refused'}`),
    );
  });

  it('let every service say how it is, and the gateway only hear it', () => {
    const pulses = tried.filter(({ what, way }) => what === 'service.pulse' && way === 'its exchange');
    expect(pulses.map(({ user, outcome }) => `${user} ${outcome}`).sort()).toEqual(
      allServices().map((user) => `${user} ${user === 'gateway' ? 'refused' : 'nowhere'}`),
    );
  });

  it('and by the consumers where it has none: past an exchange, and out of a timer, a tier or the dead letters', () => {
    const by = (user: string, what: string, way: string): string | undefined =>
      tried.find((one) => one.user === user && one.what === what && one.way === way)?.outcome;
    expect(by('notifications', 'payment.captured', 'the default exchange')).toBe('not believed');
    expect(by('notifications', 'payment.captured', 'a dead letter, redriven by its service')).toBe('not believed');
    expect(by('notifications', 'payment.captured', 'a dead letter, redriven by an administrator')).toBe('not believed');
    expect(by('orders', 'stock.released', 'a timer that ends in shop.events')).toBe('not believed');
    expect(by('orders', 'payments.capture', 'a timer that ends in shop.commands')).toBe('not believed');
    expect(by('orders', 'order.priced', 'a timer that ends in shop.retry-tier.100')).toBe('not believed');
    expect(by('flash-sale', 'orders.cancel', 'its exchange')).toBe('not believed');
    expect(by('gateway', 'payments.refund', 'its exchange')).toBe('not believed');
  });

  it('are printed with what is wrong at the end, and its reason', () => {
    const forged: Attempt = {
      user: 'orders',
      what: 'payment.captured',
      way: 'the default exchange',
      outcome: 'FORGED',
      why: 'orders takes it',
    };
    expect(reportLines([...tried, forged], { all: false }).at(-1)).toBe(
      '✗ orders, payment.captured, the default exchange: FORGED, orders takes it',
    );
    expect(reportLines(tried, { all: false }).at(-1)).toMatch(/^✓ \d+ tried, none that must not be$/);
  });
});

describe("the rights of the services' roles", () => {
  it(
    'are the rows of their own databases, and nothing else',
    async () => {
      const tried = await databaseRights(DATABASE_URL, { ours: true });
      expect(tried.filter(isWrong)).toEqual([]);
      const count = (way: string): number => tried.filter((one) => one.way === way).length;
      const services = databaseServices().length;
      // Each tries the databases of the others, postgres and template1.
      expect(count('connect to another database')).toBe(services * (services + 1));
      expect(count('read its rows')).toBeGreaterThan(services * 2);
      expect([...new Set(tried.filter(({ way }) => /rows/.test(way)).map(({ outcome }) => outcome))]).toEqual([
        'allowed',
      ]);
    },
    WITHIN_MS,
  );
});
