// @ts-nocheck
import { describe, expect, it } from 'vitest';
import { broken } from './broken.js';
import { randomOf } from './requests.js';
import { faultsIn } from './schema.js';
import { Values } from './values.js';

const VISIBLE =
  '^(?=[\\s\\S]*(?![\\p{Default_Ignorable_Code_Point}\\u2800])[\\p{L}\\p{N}\\p{P}\\p{S}])\\s*[^\\p{Cc}\\p{Zl}\\p{Zp}\\p{Surrogate}]+\\s*$';
const root = {
  components: {
    schemas: {
      Line: {
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
const ORDER = {
  type: 'object',
  properties: {
    lines: { type: 'array', minItems: 1, maxItems: 100, items: { $ref: '#/components/schemas/Line' } },
    name: { type: 'string', minLength: 1, maxLength: 20, pattern: VISIBLE },
    at: {
      type: 'string',
      format: 'date-time',
      pattern:
        '^(?=19[7-9]|[2-9])\\d{4}-(?:0[1-9]|1[0-2])-[0-2][1-8][Tt](?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d+)?(?:[Zz]|[+-]00:00)$',
    },
    kind: { enum: ['fixed', 'percent'] },
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
const made = (seed) => Array.from({ length: MANY }, (_, n) => new Values(root, randomOf(seed, n)).of(ORDER));

describe('values that are made of a schema', () => {
  it('fit it', () => {
    for (const value of made(1)) expect(faultsIn(value, ORDER, root)).toEqual([]);
  });

  it('are the same for the same seed, and others for another', () => {
    expect(made(2)).toEqual(made(2));
    expect(made(2)).not.toEqual(made(3));
  });

  it('reach the bounds, and what may be absent', () => {
    const values = made(4);
    const quantities = new Set(values.flatMap(({ lines }) => lines.map(({ quantity }) => quantity)));
    expect(quantities).toContain(1);
    expect(quantities).toContain(10_000);
    expect(values.some(({ lines }) => lines.length === 100)).toBe(true);
    expect(values.some(({ name }) => [...name].length === 20)).toBe(true);
    expect(new Set(values.map((value) => 'least' in value))).toEqual(new Set([true, false]));
    expect(new Set(values.map(({ least }) => typeof least))).toEqual(new Set(['undefined', 'number', 'object']));
  });

  it('are the likely ones where those fit, and never one that does not', () => {
    const hinted = (quantity) =>
      new Values(root, randomOf(5, 1), (name) => (name === 'quantity' ? quantity : undefined)).of(ORDER).lines[0]
        .quantity;
    expect(hinted(7)).toBe(7);
    expect(hinted(0)).not.toBe(0);
  });
});

describe('values that are broken on purpose', () => {
  const all = made(6).map((value, n) => ({ value, ...broken(value, ORDER, root, randomOf(6, n)), before: value }));

  it('never fit', () => {
    for (const { value } of all) expect(faultsIn(value, ORDER, root).length).toBeGreaterThan(0);
  });

  it('are broken in one place, at any depth, in many ways', () => {
    const ways = new Set(all.map(({ how }) => how));
    expect(ways.size).toBeGreaterThan(60);
    expect([...ways].some((how) => /^lines: \d+: sku: /.test(how))).toBe(true);
    expect(ways).toContain('a field nobody asked for');
  });

  it('leave what they were made of as it was', () => {
    expect(all.map(({ before }) => before)).toEqual(made(6));
  });
});
