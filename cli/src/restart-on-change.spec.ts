import { expect, it } from 'vitest';
import { migrationHint, servicesOf } from './restart-on-change.js';

it.each([
  [['apps/orders/src/order.ts'], ['orders']],
  [
    ['apps/orders/src/order.ts', 'prisma/payments/schema.prisma'],
    ['orders', 'payments'],
  ],
  [
    ['apps/orders/src/order.ts', 'libs/messaging/src/consumer.ts'],
    ['gateway', 'orders', 'payments'],
  ],
  [['apps/logistics/src/parcel.ts'], []],
])('after a change of %j, compiles %j', (files, expected) => {
  expect(servicesOf(files, ['gateway', 'orders', 'payments'])).toEqual(expected);
});

it('names the commands that change the database after a change of its schema', () => {
  const [line] = migrationHint('prisma/flash-sale/schema.prisma');
  expect(line).toContain('npm run migrate -- create flash-sale <name>');
  expect(line).toContain('npm run migrate -- deploy flash-sale');
});

it('has no advice for code', () => expect(migrationHint('apps/orders/src/order.ts')).toEqual([]));
