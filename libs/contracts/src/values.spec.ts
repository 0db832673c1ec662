import { describe, expect, it } from 'vitest';
import { jsonSchemaOf } from './json-schema.js';
import { Id } from './values.js';

describe('an id', () => {
  const id = '019ab3f0-0c1d-7abc-8def-0123456789ab';

  it('has one spelling, however it is written', () => {
    expect([id, id.toUpperCase(), id.replace('abc', 'aBc')].map((written) => Id.parse(written))).toEqual([id, id, id]);
    expect([Id.optional().parse(id.toUpperCase()), Id.array().parse([id.toUpperCase()])]).toEqual([id, [id]]);
  });

  it('is described to others as before', () => {
    expect(jsonSchemaOf(Id)).toEqual({ type: 'string', format: 'uuid' });
  });
});
