import { existsSync } from 'node:fs';
import { borrowPackages, copyCheckout, type CheckoutCopy } from '@sluice/testing/checkout-copy';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** Compiles many projects on a machine that runs other tests. Milliseconds. */
const SLOW = 300_000;
const VITEST = 'node_modules/vitest/vitest.mjs';
const CHANGED =
  'apps/loyalty apps/gateway/src libs/contracts/src topology/src audit/src deploy docker-compose.yml'.split(' ');
/** The build leaves specs out. */
const SPECS_TOO = {
  extends: './tsconfig.json',
  include: ['apps/loyalty/src/**/*.ts', 'apps/gateway/src/**/*.ts', 'audit/src/**/*.ts'],
};
const COMPILER = 'node_modules/typescript7/bin/tsc';

let copy: CheckoutCopy;
beforeAll(async () => {
  copy = copyCheckout();
  borrowPackages(copy);
}, SLOW);
afterAll(() => copy?.remove());

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
    copy.write('tsconfig.new.json', JSON.stringify(SPECS_TOO));
    await copy.run(process.execPath, COMPILER, '-p', 'tsconfig.new.json');
    await copy.run(process.execPath, 'node_modules/prettier/bin/prettier.cjs', '--check', ...CHANGED);
    await copy.run(
      process.execPath,
      ...[VITEST, 'run', '--project', 'units'],
      ...['apps/loyalty/src/loyalty.spec', 'apps/loyalty/src/order-cancelled.spec', 'libs/contracts/src/published'],
      ...[
        'cli/src/repository/services',
        'cli/src/repository/anatomy',
        'cli/src/repository/kubernetes',
        'libs/contracts/src/senders',
        'topology/src/map.spec',
      ],
      ...['topology/src/wiring.spec', 'topology/src/users.spec'],
    );
  },
  SLOW,
);

it('changes no file with changes that are not committed, unless --dirty allows it', { timeout: SLOW }, async () => {
  copy.commit();
  copy.edit('topology/src/map.ts', (text) => `${text}// mine\n`);
  const consumer = ['new', 'consumer', 'promotions', 'order.paid', '--repository', 'PointsRepository'];
  await expect(copy.command(...consumer)).rejects.toThrow('not committed: topology/src/map.ts');
  expect(await copy.run('git', 'status', '--porcelain')).toBe(' M topology/src/map.ts\n');
  expect(await copy.command(...consumer, '--dirty')).toContain('order-paid.ts');
});
