import { describe, expect, it } from 'vitest';
import { invalidValue } from './invalid-value.js';
import { randomOf } from './request-generator.js';
import { faultsIn, type Schema } from './schema.js';
import { ValueGenerator } from './values.js';

const VISIBLE =
  '^(?=[\\s\\S]*(?![\\p{Default_Ignorable_Code_Point}\\u2800])[\\p{L}\\p{N}\\p{P}\\p{S}])\\s*[^\\p{Cc}\\p{Zl}\\p{Zp}\\p{Surrogate}]+\\s*$';
const root = {
  components: {
    schemas: {
      OrderLine: {
        type: 'object',
        properties: {
          sku: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' },
          quantity: { type: 'integer', minimum: 1, maximum: 10_000 },
        },
        required: ['sku', 'quantity'],
        additionalProperties: false,
      },
    },
  },
};
const ORDER: Schema = {
  type: 'object',
  properties: {
    lines: { type: 'array', minItems: 1, maxItems: 100, items: { $ref: '#/components/schemas/OrderLine' } },
    name: { type: 'string', minLength: 1, maxLength: 20, pattern: VISIBLE },
    at: {
      type: 'string',
      format: 'date-time',
      pattern:
        '^(?=19[7-9]|[2-9])\\d{4}-(?:0[1-9]|1[0-2])-[0-2][1-8][Tt](?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d+)?(?:[Zz]|[+-]00:00)$',
    },
    kind: { enum: ['fixed', 'percent'] },
    note: { anyOf: [{ type: 'string', maxLength: 5 }, { type: 'null' }] },
    value: { type: 'integer', minimum: 1, maximum: 1_000 },
    least: {
      anyOf: [
        { type: 'integer', minimum: 0, maximum: 5 },
        {
          type: 'object',
          properties: { amount: { type: 'integer', minimum: 0, maximum: 5 } },
          required: ['amount'],
          additionalProperties: false,
        },
      ],
    },
  },
  required: ['lines', 'name', 'at', 'kind', 'value'],
  additionalProperties: false,
  anyOf: [{ properties: { kind: { const: 'fixed' } } }, { properties: { value: { maximum: 100 } } }],
};
const MANY = 300;

interface Order {
  readonly lines: readonly { readonly quantity: number }[];
  readonly name: string;
  readonly least?: number | { readonly amount: number };
}

const orderOf = (seed: number, n: number, likely?: (name: string) => unknown): Order =>
  new ValueGenerator(root, randomOf(seed, n), likely).valueFor(ORDER) as Order;
const generated = (seed: number): Order[] => Array.from({ length: MANY }, (_, n) => orderOf(seed, n));

describe('values that are generated from a schema', () => {
  it('fit it', () => {
    for (const value of generated(1)) expect(faultsIn(value, ORDER, root)).toEqual([]);
  });

  it('are the same for the same seed, and others for another', () => {
    expect(generated(2)).toEqual(generated(2));
    expect(generated(2)).not.toEqual(generated(3));
  });

  it('reach the bounds, and what may be absent', () => {
    const values = generated(4);
    const quantities = new Set(values.flatMap(({ lines }) => lines.map(({ quantity }) => quantity)));
    expect(quantities).toContain(1);
    expect(quantities).toContain(10_000);
    expect(values.some(({ lines }) => lines.length === 100)).toBe(true);
    expect(values.some(({ name }) => [...name].length === 20)).toBe(true);
    expect(new Set(values.map((value) => 'least' in value))).toEqual(new Set([true, false]));
    expect(new Set(values.map(({ least }) => typeof least))).toEqual(new Set(['undefined', 'number', 'object']));
  });

  it('are the likely ones where those fit, and never one that does not', () => {
    const quantityOf = (likely: number): number | undefined =>
      orderOf(5, 1, (name) => (name === 'quantity' ? likely : undefined)).lines[0]?.quantity;
    expect(quantityOf(7)).toBe(7);
    expect(quantityOf(0)).not.toBe(0);
  });
});

describe('values that are broken on purpose', () => {
  const invalid = generated(6).map((before, n) => ({ before, ...invalidValue(before, ORDER, root, randomOf(6, n)) }));

  it('never fit', () => {
    for (const { value } of invalid) expect(faultsIn(value, ORDER, root).length).toBeGreaterThan(0);
  });

  it('are broken in one place, at any depth, in many ways', () => {
    const changes = new Set(invalid.map(({ how }) => how));
    expect(changes.size).toBeGreaterThan(60);
    expect([...changes].some((how) => /^lines: \d+: sku: /.test(how))).toBe(true);
    expect(changes).toContain('a field nobody asked for');
  });

  it('leave what they were made of as it was', () => {
    expect(invalid.map(({ before }) => before)).toEqual(generated(6));
  });
});
