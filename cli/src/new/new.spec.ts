import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { borrowPackages, copyCheckout, type CheckoutCopy } from './testing/checkout-copy.js';

/** Compiles many projects on a machine that runs other tests. Milliseconds. */
const SLOW = 300_000;
const VITEST = 'node_modules/vitest/vitest.mjs';
const CHANGED =
  'apps/loyalty apps/gateway/src libs/contracts/src topology/src audit/src deploy docker-compose.yml'.split(' ');
const COMPILER = 'node_modules/typescript7/bin/tsc';

let copy: CheckoutCopy;
beforeAll(async () => {
  copy = copyCheckout();
  borrowPackages(copy);
}, SLOW);
afterAll(() => copy?.remove());

const fails = (...args: string[]): Promise<string> =>
  copy.command('new', ...args).then(
    () => 'it did not fail',
    (error: Error) => error.message,
  );

it(
  'makes a service, a fact and a consumer that compile with their specs, are formatted, and fit the files around them',
  async () => {
    expect(await copy.command('new', 'service', 'loyalty')).toContain('npm test -- apps/loyalty');
    expect(existsSync(copy.at('libs/contracts/published/loyalty.count.v1.json'))).toBe(true);
    copy.commit();
    expect(await copy.command('new', 'event', 'loyalty.earned')).toContain('published loyalty.earned.v1.json');
    expect(await copy.command('new', 'consumer', 'loyalty', 'order.cancelled')).toContain('order-cancelled.ts');
    expect(await copy.run('git', 'status', '--porcelain', 'package-lock.json')).toBe('');
    await copy.command('build');
    await copy.run(process.execPath, COMPILER, '-p', 'tsconfig.json');
    await copy.run(process.execPath, 'node_modules/prettier/bin/prettier.cjs', '--check', ...CHANGED);
    await copy.run(
      process.execPath,
      ...[VITEST, 'run', '--project', 'units'],
      ...['apps/loyalty/src/loyalty.spec', 'apps/loyalty/src/order-cancelled.spec', 'libs/contracts/src'],
      ...['cli/src/repository', 'topology/src/map.spec', 'topology/src/wiring.spec', 'topology/src/users.spec'],
    );
  },
  SLOW,
);

describe('what cannot be made', () => {
  it.each([
    ['a name that is taken', ['service', 'orders'], 'there is a service orders already'],
    ['the name of a library', ['service', 'messaging'], 'the package @sluice/messaging is taken'],
    ['the name of a container', ['service', 'prometheus'], 'the container prometheus is taken'],
    ['a name that is none', ['service', 'Gift_Cards'], '"Gift_Cards" cannot be a name'],
    ['a fact that is there', ['event', 'order.placed'], 'order.placed is a message already'],
    ['a fact of an entity of another service', ['event', 'order.framed', '--service', 'payments'], 'belongs to orders'],
    ['a fact without an owner', ['event', 'weather.changed'], 'no service publishes weather.*'],
    ['a consumer of no fact', ['consumer', 'orders', 'order.framed'], 'there is no fact order.framed'],
    ['a consumer of no service', ['consumer', 'weather', 'order.placed'], 'there is no service weather'],
    ['a second consumer', ['consumer', 'promotions', 'order.placed'], 'promotions consumes OrderPlaced already'],
    [
      'a consumer that could be stored twice',
      ['consumer', 'promotions', 'order.paid'],
      '--repository CouponRepository',
    ],
    ['a consumer without a row', ['consumer', 'flash-sale', 'order.completed'], 'no table has a key that'],
  ])('%s is refused, and nothing is written', { timeout: SLOW }, async (_, args, reason) => {
    copy.commit();
    expect(await fails(...args)).toContain(reason);
    expect(await copy.run('git', 'status', '--porcelain')).toBe('');
  });

  it(
    'a file with changes that are not committed is not changed, unless --dirty says so',
    { timeout: SLOW },
    async () => {
      copy.commit();
      copy.edit('topology/src/map.ts', (text) => `${text}// mine\n`);
      expect(await fails('consumer', 'loyalty', 'order.placed')).toContain('not committed: topology/src/map.ts');
      expect(await copy.command('new', 'consumer', 'loyalty', 'order.placed', '--dirty')).toContain('order-placed.ts');
    },
  );
});
