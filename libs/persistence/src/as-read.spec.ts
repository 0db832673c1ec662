import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { throughJson } from './as-read.js';

const roundTrip = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function unfrozen(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return [...(Object.isFrozen(value) ? [] : [value]), ...Object.values(value).flatMap(unfrozen)];
}

/** What a rule may put into a JSON column, and what it should not. */
const anything = fc.anything({ withDate: true, withMap: true, withSparseArray: true, withBoxedValues: true });

describe('a value written to a JSON column', () => {
  it('is what JSON makes of it, and frozen', () =>
    fc.assert(
      fc.property(anything, (value) => {
        fc.pre(JSON.stringify(value) !== undefined);
        const copy = throughJson(value);
        expect(copy).toStrictEqual(roundTrip(value));
        expect(unfrozen(copy)).toEqual([]);
      }),
      { numRuns: 1_000 },
    ));

  it.each([
    ['a date', { at: new Date(0) }],
    ['a field without a value', { a: undefined, b: [undefined, () => 1, Symbol('x')], c: () => 1 }],
    ['a negative zero, and what is no number', [-0, NaN, Infinity]],
    ['a field that is called as a prototype', JSON.parse('{"__proto__":{"a":1}}')],
    ['an object of its own JSON', { toJSON: () => [1, { a: 2 }] }],
    // eslint-disable-next-line no-sparse-arrays
    ['a list with holes', [1, , 3]],
  ])('may contain %s', (_, value) => expect(throughJson(value)).toStrictEqual(roundTrip(value)));

  it('must not contain a bigint', () => expect(() => throughJson({ amount: 1n })).toThrow(TypeError));

  it('does not change with the original', () => {
    const original = { lines: [{ sku: 'bolt' }] };
    const copy = throughJson(original);
    original.lines[0]!.sku = 'nut';
    expect(copy).toEqual({ lines: [{ sku: 'bolt' }] });
  });
});
