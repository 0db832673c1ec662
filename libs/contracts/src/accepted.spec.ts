import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import {
  ACCEPTED,
  Credentials,
  CouponCode,
  Currency,
  Instant,
  NewCoupon,
  NewUser,
  Password,
  visibleText,
} from './index.js';

/** Evaluates the keywords as JSON Schema does: lengths are characters, patterns have Unicode. */
function fits(schema: z.ZodType, value: string): boolean {
  const { pattern, enum: names, minLength = 0, maxLength = Infinity } = { ...schema.meta(), ...ACCEPTED.get(schema) };
  const length = [...value].length;
  return (
    (pattern === undefined || new RegExp(pattern, 'u').test(value)) &&
    (names === undefined || names.includes(value)) &&
    length >= minLength &&
    length <= maxLength
  );
}

const EMOJI = '\u{1F600}';
const TEXTS = [
  '',
  ' ',
  '   ',
  'Ada',
  ' Ada ',
  '\nAda\t',
  '\u2028Ada',
  'A\u2028da',
  'A\nda',
  'A\u0085',
  '\0',
  'x\0',
  '\u200B\u200B',
  'x\u200B',
  '\uD800',
  'x\uDC00',
  '\u2800',
  EMOJI,
  EMOJI.repeat(4),
  EMOJI.repeat(8),
  EMOJI.repeat(20),
  EMOJI.repeat(21),
  'x'.repeat(7),
  'x'.repeat(8),
  'x'.repeat(20),
  'x'.repeat(21),
  `${'x'.repeat(20)} `,
  ` ${'x'.repeat(19)}`,
  'x'.repeat(200),
  'x'.repeat(201),
  EMOJI.repeat(200),
  EMOJI.repeat(201),
  'É',
  '密码密码密码密码',
  '\uFEFFx',
  '\u3000x',
];
const INSTANTS = [
  '2026-01-01T00:00:00Z',
  '2026-01-01t00:00:00z',
  '2026-01-01T00:00:00.123456789Z',
  '2026-01-01T00:00:00+00:00',
  '2026-01-01T00:00:00-00:00',
  '2026-01-01T00:00:00+01:00',
  '1970-01-01T00:00:00Z',
  '1969-12-31T23:59:59Z',
  '0000-01-01T00:00:00Z',
  '2024-02-29T00:00:00Z',
  '2023-02-29T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01',
  '2026-01-01 00:00:00Z',
  '9999-12-31T23:59:59Z',
];
const CODES = [
  'RED5',
  'red5',
  ' red5\n',
  '-A',
  'A-_',
  '',
  ' ',
  'A B',
  'x'.repeat(32),
  'x'.repeat(33),
  'ﬁve',
  'ſale',
  'ıce',
  'straße',
];

const KINDS: [string, z.ZodType, string[]][] = [
  ['a text', visibleText(20), TEXTS],
  ['a password', Password, TEXTS],
  ['a password that is only tried', Credentials.shape.password, TEXTS],
  ['a name', NewUser.shape.name, TEXTS],
  ['an instant', Instant, INSTANTS],
  ['a coupon code', CouponCode, CODES],
  ['a currency', Currency, ['EUR', 'USD', 'JPY', 'XXX', 'XTS', 'eur', 'DEM', 'EURO', '']],
];

describe('the keywords of a request schema', () => {
  it.each(KINDS)('accept the same values as the schema: %s', (_, schema, values) => {
    for (const value of values) expect([value, fits(schema, value)]).toEqual([value, schema.safeParse(value).success]);
    expect(new Set(values.map((value) => fits(schema, value)))).toEqual(new Set([true, false]));
  });

  it('accept the same values as the schema: a percentage', () => {
    const [fixed, percent] = ACCEPTED.get(NewCoupon)!.anyOf as [object, object];
    expect([fixed, percent]).toEqual([
      { properties: { kind: { const: 'fixed' } } },
      { properties: { value: { maximum: 100 } } },
    ]);
    const coupon = { code: 'RED5', kind: 'percent', value: 101 };
    expect([
      NewCoupon.safeParse(coupon).success,
      NewCoupon.safeParse({ ...coupon, kind: 'fixed' }).success,
      NewCoupon.safeParse({ ...coupon, value: 100 }).success,
    ]).toEqual([false, true, true]);
  });
});
