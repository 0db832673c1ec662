import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonSchemaOf } from '../kit/json-schema.js';
import { misfits } from './misfits.js';

/** Few shapes over few values, so that two of them often fit, and often barely do not. */
const bounded = fc.record({ least: fc.integer({ min: 0, max: 2 }), most: fc.integer({ min: 2, max: 4 }) });
const small = fc.oneof(
  bounded.map(({ least, most }) => z.int().min(least).max(most) as z.ZodType),
  bounded.map(({ least, most }) => z.string().min(least).max(most)),
  bounded.map(({ least, most }) => z.array(z.int()).min(least).max(most)),
  fc.subarray(['a', 'bb', 'ccc'] as const, { minLength: 1 }).map((values) => z.enum(values)),
  fc.constantFrom<z.ZodType>(
    z.int(),
    z.number(),
    z.string(),
    z.boolean(),
    z.unknown(),
    z.union([z.int(), z.string()]),
    z.record(z.string(), z.int()),
  ),
);
const field = fc.tuple(small, fc.boolean()).map(([schema, optional]) => (optional ? schema.optional() : schema));
const objectOf = (fields: Record<string, z.ZodType>, strict: boolean) =>
  strict ? z.strictObject(fields) : z.object(fields);
const fieldsOf = fc.dictionary(fc.constantFrom('a', 'b'), field);
const shapes = fc.tuple(fieldsOf, fc.boolean()).map(([fields, strict]) => objectOf(fields, strict));
/** Another shape, in which about half of the fields are the same. */
const neighbours = (shape: z.ZodObject) =>
  fc
    .tuple(fieldsOf, fc.subarray(Object.entries(shape.shape)), fc.boolean())
    .map(([fields, same, strict]) => objectOf({ ...fields, ...Object.fromEntries(same) }, strict));

const LEAVES: unknown[] = [
  -1,
  0,
  1,
  2,
  3,
  4,
  5,
  1.5,
  true,
  null,
  '',
  'a',
  'bb',
  'ccc',
  'dddd',
  'eeeee',
  [],
  [0],
  [0, 1],
  [0, 1, 2],
  [0, 1, 2, 3],
  [0, 1, 2, 3, 4],
  {},
  { x: 1 },
  { x: 'y' },
];

/** Values that a writer of this shape may write: its fields and no others. */
const writings = (shape: z.ZodObject): fc.Arbitrary<object> => {
  const fields = Object.entries(shape.shape as Record<string, z.ZodType>);
  return fc.record(
    Object.fromEntries(
      fields.map(([name, one]) => [name, fc.constantFrom(...LEAVES.filter((value) => one.safeParse(value).success))]),
    ),
    { requiredKeys: [...(jsonSchemaOf(shape).required ?? [])] },
  );
};
const pairs = shapes.chain((writer) =>
  fc.tuple(fc.constant(writer), neighbours(writer), fc.array(writings(writer), { minLength: 5, maxLength: 10 })),
);

/** Timeout for about two seconds of CPU time on a machine that is busy with other work. */
const COMPUTES_MS = 300_000;

describe('two shapes without a misfit', () => {
  it('make every written value readable', { timeout: COMPUTES_MS }, () => {
    let compared = 0;
    fc.assert(
      fc.property(pairs, ([writer, reader, written]) => {
        if (misfits(jsonSchemaOf(writer), jsonSchemaOf(reader)).length > 0) return;
        compared++;
        for (const value of written)
          expect(reader.safeParse(value).success, `${JSON.stringify(value)} is not read`).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect(compared).toBeGreaterThan(20);
  });

  it('exist for every shape and itself', () => {
    fc.assert(
      fc.property(
        shapes,
        (shape) =>
          void expect(misfits(jsonSchemaOf(shape), jsonSchemaOf(shape), { mustBeUnderstood: true })).toEqual([]),
      ),
    );
  });
});
