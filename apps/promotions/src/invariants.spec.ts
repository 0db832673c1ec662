import { broken } from '@sluice/service-kit';
import { testDatabase, unguarded, type TestDatabase } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { INVARIANTS as invariants } from './invariants.js';

const uuid = (n: number): string => `00000000-0000-7000-8000-00000000000${n}`;

/** What is in order, in all the ways in which it can look odd. */
const SOUND = `
  INSERT INTO coupons (code, kind, value, "limit", per_user, redeemed, version) VALUES ('TEN', 'percent', 10, 2, 1, 2, 3), ('FREE', 'fixed', 500, NULL, NULL, 0, 1);
  INSERT INTO coupon_uses (code, user_id, orders, version) VALUES ('TEN', '${uuid(1)}', 1, 1), ('TEN', '${uuid(2)}', 1, 1), ('FREE', '${uuid(1)}', 0, 2);
  INSERT INTO redemptions (order_id, user_id, code, status, version) VALUES ('${uuid(3)}', '${uuid(1)}', 'TEN', 'redeemed', 1), ('${uuid(4)}', '${uuid(2)}', 'TEN', 'redeemed', 1), ('${uuid(5)}', '${uuid(1)}', 'FREE', 'released', 2);`;

/** By invariant: the row that breaks it, and how it comes about. */
const BREAKS: Record<string, [id: string, sql: string]> = {
  coupons_within_limit: ['TEN', `UPDATE coupons SET redeemed = 3 WHERE code = 'TEN'`],
  coupons_within_limit_per_user: [`TEN/${uuid(1)}`, `UPDATE coupon_uses SET orders = 2 WHERE code = 'TEN' AND user_id = '${uuid(1)}'`],
  coupons_count_their_redemptions: ['FREE', `UPDATE coupons SET redeemed = 1 WHERE code = 'FREE'`],
};

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase('promotions');
  await unguarded(database);
});
afterAll(() => database.close());
afterEach(() => database.pool.query('TRUNCATE coupons, coupon_uses, redemptions'));

const found = async (): Promise<Record<string, string[]>> => Object.fromEntries(await Promise.all(invariants.map(async (one) => [one.name, await broken(database.pool, one, 10)])));

describe('what holds of every coupon', () => {
  it('holds where everything is in order', async () => {
    await database.pool.query(SOUND);
    expect(await found()).toEqual(Object.fromEntries(invariants.map(({ name }) => [name, []])));
  });

  it.each(invariants.map(({ name }) => name))('%s: names what breaks it', async (name) => {
    await database.pool.query(SOUND);
    const [id, sql] = BREAKS[name]!;
    await database.pool.query(sql);
    expect((await found())[name]).toEqual([id]);
  });
});
