import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasRepeatedField } from './repeated-field.js';

describe('a repeated field', () => {
  it.each([
    '{"a":1,"a":1}',
    '{"a":1,"b":{"c":1},"a":2}',
    '{"b":[{"a":1},{"a":1,"a":2}]}',
    '{"a":"x","\\u0061":"y"}',
    '{ "" : 1 ,\n"": 2 }',
    '{"a\\"":1,"a\\"":2}',
    '{"a":{"a":[]},"a":{}}',
  ])('is in %s', (json) => expect(hasRepeatedField(json)).toBe(true));

  it.each([
    '{}',
    '[]',
    '"a"',
    'null',
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '{"a":["b","b"],"b":"a"}',
    '{"a":"\\"a\\":1,","b":",\\"a\\":"}',
    '{"a":"a","b":"b"}',
    '{"a\\\\":1,"a":2}',
  ])('is not in %s', (json) => expect(hasRepeatedField(json)).toBe(false));

  it('is in no JSON that JavaScript generates, and is detected wherever one is inserted', () => {
    fc.assert(
      fc.property(fc.json(), fc.string(), (json, name) => {
        expect(hasRepeatedField(json)).toBe(false);
        const field = `${JSON.stringify(name)}:${json}`;
        expect(hasRepeatedField(`[{${field},${field}}]`)).toBe(true);
      }),
    );
  });

  it('is detected in a body of the greatest depth', () => {
    const deep = (inner: string): string => `${'{"a":['.repeat(10_000)}${inner}${']}'.repeat(10_000)}`;
    expect([hasRepeatedField(deep('{"a":1}')), hasRepeatedField(deep('{"a":1,"a":1}'))]).toEqual([false, true]);
  });
});
