import { describe, expect, it } from 'vitest';
import { faultsIn, isValid, type Schema } from './schema.js';

const root = {
  components: {
    schemas: {
      Money: {
        type: 'object',
        properties: { amount: { type: 'integer', minimum: 0 } },
        required: ['amount'],
        additionalProperties: false,
      },
    },
  },
};
const MONEY: Schema = { $ref: '#/components/schemas/Money' };

/** Each keyword with a value that fits, and one that does not. */
const KEYWORDS: readonly [schema: Schema, good: unknown, bad: unknown][] = [
  [{ type: 'string' }, 'x', 1],
  [{ type: 'integer' }, 1, 1.5],
  [{ type: 'number' }, 1.5, '1'],
  [{ type: 'object' }, {}, []],
  [{ type: 'array' }, [], {}],
  [{ type: 'boolean' }, false, 0],
  [{ type: ['string', 'null'] }, null, 1],
  [{ const: 1 }, 1, '1'],
  [{ enum: ['a', 'b'] }, 'b', 'B'],
  [{ pattern: '^\\p{L}+$' }, 'é', '7'],
  [{ minLength: 2 }, 'ab', '\u{1F600}'],
  [{ maxLength: 2 }, '\u{1F600}\u{1F600}', 'abc'],
  [{ minimum: 1 }, 1, 0],
  [{ maximum: 1 }, 1, 2],
  [{ exclusiveMinimum: 1 }, 2, 1],
  [{ exclusiveMaximum: 1 }, 0, 1],
  [{ minItems: 1 }, [1], []],
  [{ maxItems: 1 }, [1], [1, 2]],
  [{ items: { type: 'integer' } }, [1, 2], [1, 'x']],
  [{ required: ['a'] }, { a: 1 }, {}],
  [{ properties: { a: { type: 'integer' } } }, { a: 1, b: 'x' }, { a: 'x' }],
  [{ properties: { a: true }, additionalProperties: false }, { a: 1 }, { b: 1 }],
  [{ additionalProperties: { type: 'integer' } }, { a: 1 }, { a: 'x' }],
  [{ propertyNames: { maxLength: 1 } }, { a: 1 }, { ab: 1 }],
  [{ anyOf: [{ type: 'integer' }, MONEY] }, { amount: 1 }, 'x'],
  [{ allOf: [{ minimum: 1 }, { maximum: 2 }] }, 2, 3],
  [{ not: { type: 'null' } }, 1, null],
  [MONEY, { amount: 0 }, { amount: 0, currency: 'EUR' }],
];

describe('a schema', () => {
  it.each(KEYWORDS)('%j takes %j and not %j', (schema, good, bad) => {
    expect([isValid(good, schema, root), isValid(bad, schema, root)]).toEqual([true, false]);
  });

  it('names where a value breaks it', () => {
    expect(faultsIn([{ amount: 1 }, { amount: -1 }], { items: MONEY }, root)).toEqual([
      '/1/amount: minimum is 0, not -1',
    ]);
  });

  it('with an unknown keyword is an error and not passed over', () => {
    expect(() => faultsIn(1, { multipleOf: 2 } as Schema, root)).toThrow('multipleOf');
  });
});
