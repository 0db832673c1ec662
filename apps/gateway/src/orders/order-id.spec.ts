import fc from 'fast-check';
import { validate, version } from 'uuid';
import { describe, expect, it } from 'vitest';
import { hashOf, orderIdFor, saleIdsFor } from './order-id.js';

const SECRET = 'a secret of the tests';
const key = fc.string({ minLength: 1, maxLength: 255 });

describe('orderIdFor', () => {
  it('gives a valid version 8 UUID, the same for the same user and key', () => {
    fc.assert(
      fc.property(fc.uuid(), key, (user, idempotencyKey) => {
        const id = orderIdFor(SECRET, user, idempotencyKey);
        expect(validate(id)).toBe(true);
        expect(version(id)).toBe(8);
        expect(orderIdFor(SECRET, user, idempotencyKey)).toBe(id);
      }),
    );
  });

  it('differs by user, by key and by secret', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), key, key, (user, otherUser, one, other) => {
        fc.pre(user !== otherUser && one !== other);
        const ids = [
          orderIdFor(SECRET, user, one),
          orderIdFor(SECRET, otherUser, one),
          orderIdFor(SECRET, user, other),
          orderIdFor('another secret', user, one),
        ];
        expect(new Set(ids).size).toBe(4);
      }),
    );
  });

  it('makes a new version 7 UUID each time without a key', () => {
    const [one, two] = [orderIdFor(SECRET, 'user', undefined), orderIdFor(SECRET, 'user', undefined)];
    expect(version(one)).toBe(7);
    expect(one).not.toBe(two);
  });
});

describe('saleIdsFor', () => {
  it('gives the same id for the same user and key, and never that of an order', () => {
    fc.assert(
      fc.property(fc.uuid(), key, (user, idempotencyKey) => {
        const [id, ...others] = saleIdsFor(SECRET, user, idempotencyKey, { sku: 'TEA' });
        expect([version(id!), others, saleIdsFor(SECRET, user, idempotencyKey, { sku: 'TEE' })]).toEqual([8, [], [id]]);
        expect(orderIdFor(SECRET, user, idempotencyKey)).not.toBe(id);
      }),
    );
  });

  it('gives the same ids for the same user and sale without a key', () => {
    const ids = (user: string, sku: string) => saleIdsFor(SECRET, user, undefined, { sku });
    expect(ids('ann', 'TEA')).toEqual(ids('ann', 'TEA'));
    expect(new Set([...ids('ann', 'TEA'), ...ids('ann', 'TEE'), ...ids('bob', 'TEA')]).size).toBe(60);
  });
});

describe('hashOf', () => {
  it('does not depend on the order of fields, and depends on every value', () => {
    expect(hashOf({ b: [1, { d: 'x', c: null }], a: true })).toBe(hashOf({ a: true, b: [1, { c: null, d: 'x' }] }));
    expect(hashOf({ a: [1, 2] })).not.toBe(hashOf({ a: [2, 1] }));
    expect(hashOf({ a: '1' })).not.toBe(hashOf({ a: 1 }));
  });

  it('differs for any two different bodies', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const same = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
        expect(hashOf(one) === hashOf(other)).toBe(same);
      }),
    );
  });
});

/** Converts objects to sorted lists of fields, so that the order of fields does not matter. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return {
    fields: Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, sorted(field)]),
  };
};
