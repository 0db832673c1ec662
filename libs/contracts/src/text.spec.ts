import { describe, expect, it } from 'vitest';
import { Credentials, NewUser, Password } from './accounts.js';
import { ProductDetails, Receipt } from './inventory.js';
import { jsonSchemaOf } from './kit/json-schema.js';
import { NewOrder, PlaceOrder } from './orders.js';
import { text, visibleText } from './kit/text.js';

const INVISIBLE = [
  '\u200B\u200B',
  '\u00AD',
  '\u202E',
  '\uFE0F',
  '\u3164',
  '\uFFA0',
  '\u1160',
  '\u2060',
  '\u{E0041}',
  '\u2800',
  ' \u200B ',
  '\u0301',
  '',
  '\u180E',
];
const CONTROL = [
  'A\r\nBcc: everybody',
  'A\u001B[31mB',
  'A\u0007B',
  'A\tB',
  'A\u0085B',
  'A\u2028B',
  'A\u2029B',
  'A\u007FB',
];
const NO_TEXT = ['x\0', 'x\uD800', 'a\uDC00b'];
const GOOD = [
  'Ada',
  '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}',
  'محمد',
  'می\u200Cخواهم',
  'José',
  '李雷',
  '7',
  '-',
  '❤\uFE0F',
  'x'.repeat(200),
  '\u{1F600}'.repeat(200),
];

describe('text from people', () => {
  const name = visibleText(200);
  it.each([...INVISIBLE, ...CONTROL, ...NO_TEXT, '', '  ', '\u{1F600}'.repeat(201)])('refuses %j', (value) =>
    expect(name.safeParse(value).success).toBe(false),
  );
  it.each(GOOD)('accepts %j unchanged', (value) => expect(name.parse(value)).toBe(value));

  it('is trimmed', () => expect(name.parse('  Ada\n')).toBe('Ada'));

  it('has only its length in the JSON Schema', () => {
    expect(jsonSchemaOf(name)).toEqual({ type: 'string', minLength: 1, maxLength: 200 });
    expect(jsonSchemaOf(text(20))).toEqual({ type: 'string', minLength: 1, maxLength: 20 });
  });
});

describe('requests from outside require visible text in', () => {
  const address = { name: 'Ada', street: 'Row 1', city: 'Town', postcode: '1', country: 'GB' };
  const order = { lines: [{ sku: 'TEA', quantity: 1 }], address };
  const user = { phone: '+15550000001', name: 'Ada', password: 'a password' };
  const price = { amount: 1, currency: 'EUR' };

  it.each(['name', 'street', 'city', 'postcode'])('the %s of an address', (field) => {
    const blank = { ...order, address: { ...address, [field]: '\u200B' } };
    expect([NewOrder.safeParse(order).success, NewOrder.safeParse(blank).success]).toEqual([true, false]);
  });

  it('the name of a user, the name of a product, the reference of a receipt', () => {
    const [good, bad] = ['Ada', '\u200B'].map((name) => [
      NewUser.safeParse({ ...user, name }).success,
      ProductDetails.safeParse({ name, price }).success,
      Receipt.safeParse({ warehouse: 'east', quantity: 1, reference: name }).success,
    ]);
    expect([good, bad]).toEqual([
      [true, true, true],
      [false, false, false],
    ]);
  });

  it('but messages still carry an address that was accepted under earlier rules', () => {
    const place = {
      ...order,
      address: { ...address, name: 'A\tB' },
      orderId: '019ab3f0-0c1d-7abc-8def-0123456789ab',
      userId: '019ab3f0-0c1d-7abc-8def-0123456789ab',
      bodyHash: 'x',
    };
    expect(PlaceOrder.schema.safeParse(place).success).toBe(true);
  });
});

describe('a password', () => {
  it.each([
    ' '.repeat(8),
    '\u200B'.repeat(8),
    '\u3000'.repeat(8),
    '\uD800'.repeat(10),
    `password${'\uDC00'}`,
    'x'.repeat(7),
    'x'.repeat(201),
  ])('is refused: %j', (value) => expect(Password.safeParse(value).success).toBe(false));
  it.each(['correct horse', 'pässwörter', 'mañana-café', '密码密码密码密码', '  x     '])('is accepted: %j', (value) =>
    expect(Password.parse(value)).toBe(value),
  );

  it('with lone surrogates is refused at sign-in, and any other password is compared', () => {
    const signIn = (password: string) => Credentials.safeParse({ phone: '+15550000001', password }).success;
    expect([signIn('\uD800'.repeat(10)), signIn(' '), signIn('x')]).toEqual([false, true, true]);
  });
});
