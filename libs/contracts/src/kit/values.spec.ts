import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonSchemaOf } from './json-schema.js';
import { Id, Instant } from './values.js';

describe('an id', () => {
  const id = '019ab3f0-0c1d-7abc-8def-0123456789ab';

  it('is normalized to lower case', () => {
    expect([id, id.toUpperCase(), id.replace('abc', 'aBc')].map((written) => Id.parse(written))).toEqual([id, id, id]);
    expect([Id.optional().parse(id.toUpperCase()), Id.array().parse([id.toUpperCase()])]).toEqual([id, [id]]);
  });

  it('keeps its published JSON Schema', () => {
    expect(jsonSchemaOf(Id)).toEqual({ type: 'string', format: 'uuid' });
  });
});

describe('an instant', () => {
  it.each([
    '2031-01-01T00:00:00Z',
    '2031-01-01T00:00:00+00:00',
    '2031-01-01T00:00:00-00:00',
    '2031-01-01T00:00:00z',
    '2031-01-01t00:00:00z',
    '2031-01-01t00:00:00+00:00',
  ])('is normalized from %s', (written) => expect(Instant.parse(written)).toBe('2031-01-01T00:00:00Z'));

  it('keeps its fraction of a second', () =>
    expect(Instant.parse('2031-01-01t00:00:00.123456789+00:00')).toBe('2031-01-01T00:00:00.123456789Z'));

  it.each([
    '2031-01-01T01:00:00+01:00',
    '2031-01-01T00:00:00+0000',
    '2031-01-01T00:00:00',
    '2031-01-01 00:00:00Z',
    '2031-01-01T00:00:00ZZ',
    '2031-01-01T00:00:00z+00:00',
    '2031-02-29T00:00:00Z',
    '2031-01-01T24:00:00z',
    '1969-12-31T23:59:59+00:00',
    ' 2031-01-01T00:00:00Z',
    '',
    'z',
    0,
  ])('is refused: %j', (written) => expect(Instant.safeParse(written).success).toBe(false));

  it('is accepted from 1970 on, and refused with the reason before', () =>
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }),
        fc.constantFrom('Z', 'z', '+00:00', '-00:00'),
        (date, zone) => {
          const { success, error } = Instant.safeParse(date.toISOString().replace('Z', zone));
          expect([success, error?.issues[0]?.message]).toEqual(
            date.getTime() >= 0 ? [true, undefined] : [false, 'is before 1970'],
          );
        },
      ),
    ));

  it('keeps its published JSON Schema', () =>
    expect(jsonSchemaOf(Instant)).toEqual({ type: 'string', format: 'date-time' }));
});
