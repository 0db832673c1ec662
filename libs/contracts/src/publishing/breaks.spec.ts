import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { catalogue } from '../catalogue.js';
import { jsonSchemaOf } from '../kit/json-schema.js';
import { command, event, query } from '../kit/message.js';
import { Money } from '../values.js';
import { Id } from '../kit/values.js';
import { breaks } from './breaks.js';
import { publicationOf, type Publication } from './publication.js';

const Shape = z.object({
  id: Id,
  note: z.string().max(10).optional(),
  price: Money,
  count: z.int().min(1).max(9),
  state: z.enum(['open', 'closed']),
  tags: z.array(z.string()).max(3),
});
const fact = (schema: z.ZodType): Publication => publicationOf(event('thing.happened', schema));
const request = (schema: z.ZodType): Publication => publicationOf(command('things.do', schema));
const answer = (schema: z.ZodType): Publication => publicationOf(query('things.thing', z.object({}), schema));
const changed = (fields: z.ZodRawShape) => Shape.extend(fields);

describe('a published message', () => {
  it('of every type is compatible with itself', () => {
    for (const contract of catalogue.values())
      expect(breaks(publicationOf(contract), publicationOf(contract))).toEqual([]);
  });

  it.each([
    ['a fact', fact],
    ['a request', request],
    ['an answer', answer],
  ])('%s is not broken by one more optional field', (_, of) => {
    expect(breaks(of(Shape), of(changed({ extra: z.string().optional() })))).toEqual([]);
  });

  it.each([
    [
      'a field is gone',
      z.object(Shape.shape).omit({ count: true }),
      /"count" may be absent, and its reader requires it/,
    ],
    [
      'an optional field is gone',
      z.object(Shape.shape).omit({ note: true }),
      /"note" may be there, and its reader does not know it/,
    ],
    ['a field became optional', changed({ count: z.int().min(1).max(9).optional() }), /"count" may be absent/],
    [
      'a field became required that messages still queued may lack',
      changed({ note: z.string().max(10) }),
      /sent as published .*"note" may be absent/,
    ],
    [
      'a required field is new that messages still queued lack',
      changed({ extra: z.string() }),
      /sent as published .*"extra" may be absent/,
    ],
    [
      'a value is new',
      changed({ state: z.enum(['open', 'closed', 'ajar']) }),
      /"state" may be ajar, which its reader does not know/,
    ],
    ['a value is gone', changed({ state: z.enum(['open']) }), /sent as published .*"state" may be closed/],
    [
      'the enum became any string',
      changed({ state: z.string() }),
      /"state" may be any value, and is read as one of open, closed/,
    ],
    [
      'an upper bound is looser',
      changed({ count: z.int().min(1).max(10) }),
      /"count" is written with maximum 10 and read with maximum 9/,
    ],
    [
      'a lower bound is looser',
      changed({ count: z.int().max(9) }),
      /"count" is written with minimum open and read with minimum 1/,
    ],
    ['a text may be longer', changed({ note: z.string().optional() }), /"note" is written with maxLength open/],
    ['a list may be longer', changed({ tags: z.array(z.string()).max(4) }), /"tags" is written with maxItems 4/],
    [
      'an integer became a number',
      changed({ count: z.number().min(1).max(9) }),
      /"count" is written as number and read as integer/,
    ],
    [
      'the type of list items changes',
      changed({ tags: z.array(z.int()).max(3) }),
      /"tags\[\]" is written as integer and read as string/,
    ],
    [
      'a text lost its format',
      changed({ id: z.string() }),
      /"id" is written with format open and read with format uuid/,
    ],
    [
      'a text has another pattern',
      changed({ price: Money.extend({ currency: z.string().regex(/^[a-z]{3}$/) }) }),
      /"price.currency" is written with pattern \^\[a-z\]/,
    ],
    [
      'there is another alternative',
      changed({ price: z.union([Money, z.string()]) }),
      /"price" is written as string and read as object/,
    ],
    [
      'a strict part has one more field',
      changed({ price: Money.extend({ net: z.int().optional() }) }),
      /"price.net" may be there, and its reader refuses fields/,
    ],
  ])('that is read by others is broken when %s', (_, now, why) => {
    expect(breaks(fact(Shape), fact(now)).join('\n')).toMatch(why);
    expect(breaks(answer(Shape), answer(now)).join('\n')).toMatch(why);
  });

  it.each([
    ['requires a new field', changed({ extra: z.string() }), /"extra" may be absent, and its reader requires it/],
    ['requires a field that was optional', changed({ note: z.string().max(10) }), /"note" may be absent/],
    [
      'does not read a field any more',
      z.object(Shape.shape).omit({ note: true }),
      /"note" may be there, and its reader does not know it/,
    ],
    [
      'refuses a field',
      z.strictObject(Shape.shape).omit({ note: true }),
      /"note" may be there, and its reader refuses fields/,
    ],
    ['accepts fewer values', changed({ state: z.enum(['open']) }), /"state" may be closed/],
    ['has a tighter upper bound', changed({ count: z.int().min(1).max(8) }), /maximum 9 and read with maximum 8/],
    ['has a tighter lower bound', changed({ count: z.int().min(2).max(9) }), /minimum 1 and read with minimum 2/],
    ['takes shorter texts', changed({ note: z.string().max(5).optional() }), /maxLength 10 and read with maxLength 5/],
    ['takes shorter lists', changed({ tags: z.array(z.string()).max(2) }), /maxItems 3 and read with maxItems 2/],
    [
      'requires a pattern',
      changed({ tags: z.array(z.string().regex(/^x/)).max(3) }),
      /"tags\[\]" is written with pattern open/,
    ],
  ])('that others send is broken when it %s', (_, now, why) => {
    expect(breaks(request(Shape), request(now)).join('\n')).toMatch(why);
  });

  it.each([
    ['more values', changed({ state: z.enum(['open', 'closed', 'ajar']) })],
    ['looser bounds', changed({ count: z.int(), note: z.string().optional() })],
    ['less', changed({ count: z.int().min(1).max(9).optional() })],
    ['another alternative', changed({ price: z.union([z.string(), Money]) })],
    ['anything', changed({ count: z.unknown() })],
  ])('that others send may accept %s later', (_, now) => {
    expect(breaks(request(Shape), request(now))).toEqual([]);
  });

  it('keeps the meaning of an absent field', () => {
    const withDefault = (value: boolean) => request(z.object({ all: z.boolean().default(value) }));
    expect(breaks(withDefault(false), withDefault(true))).toEqual([
      expect.stringContaining('"all" meant false when absent, and now means true'),
    ]);
  });

  it('keeps its kind and its reply', () => {
    expect(breaks(fact(Shape), { ...request(Shape), type: 'thing.happened' })).toEqual([
      'it was a event and is a command',
    ]);
    const { type, version, kind, data } = answer(Shape);
    const silent = { type, version, kind, data };
    expect(breaks(answer(Shape), silent)).toEqual(['it is not answered any more']);
    expect(breaks(silent, answer(Shape))).toEqual([]);
  });

  it('has the values of its records compared too', () => {
    const record = (value: z.ZodType) => fact(z.object({ counts: z.record(z.string(), value) }));
    expect(breaks(record(z.int()), record(z.int()))).toEqual([]);
    expect(breaks(record(z.int()), record(z.string()))[0]).toContain(
      '"counts.*" is written as string and read as integer',
    );
  });

  it('is never broken by added optional fields, in any number and at any depth of the shape', () => {
    const { shapes } = fc.letrec<{ shapes: z.ZodType }>((tie) => ({
      shapes: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom<z.ZodType>(z.string(), z.int().min(0), z.boolean(), z.enum(['a', 'b'])),
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('shapes')).map((fields) => z.object(fields)),
        tie('shapes').map((of) => z.array(of)),
      ),
    }));
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), shapes),
        fc.dictionary(fc.constantFrom('x', 'y'), shapes),
        (fields, added) => {
          const [before, after] = [z.object(fields), z.object({ ...fields, ...z.object(added).partial().shape })];
          for (const of of [fact, request, answer]) {
            expect(breaks(of(before), of(after))).toEqual([]);
            if (Object.keys(added).length > 0) expect(breaks(of(after), of(before))).not.toEqual([]);
          }
        },
      ),
    );
  });

  it('has a JSON Schema without default integer limits and without a pattern that repeats the format', () => {
    expect(jsonSchemaOf(z.object({ id: Id, n: z.int() }))).toEqual({
      type: 'object',
      properties: { id: { type: 'string', format: 'uuid' }, n: { type: 'integer' } },
      required: ['id', 'n'],
    });
  });
});
