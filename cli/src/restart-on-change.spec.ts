import { expect, it } from 'vitest';
import { migrationHint } from './restart-on-change.js';

it('names the commands that change the database after a change of its schema', () => {
  const [line] = migrationHint('prisma/flash-sale/schema.prisma');
  expect(line).toContain('npm run migrate -- create flash-sale <name>');
  expect(line).toContain('npm run migrate -- deploy flash-sale');
});

it('has no advice for code', () => expect(migrationHint('apps/orders/src/order.ts')).toEqual([]));
