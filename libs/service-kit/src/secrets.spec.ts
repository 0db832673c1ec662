import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { scrub } from './secrets.js';

const BODY = { phone: '+15550000001', password: 'correct horse "battery"', note: "it's" };
const TOKEN = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';

describe('a text with secrets', () => {
  it.each([
    ['JSON', JSON.stringify(BODY)],
    ['JSON with blanks', JSON.stringify(BODY, null, 2)],
    ['JSON in JSON', JSON.stringify({ body: JSON.stringify({ ...BODY, password: 'correct horse battery' }) })],
    ['JSON that is cut off', '{"phone":"+15550000001","password":"correct horse'],
    ['a printed object', inspect(BODY)],
    ['a form', 'phone=%2B15550000001&password=correct+horse&remember=1'],
    [
      'what a parser says of it',
      `Expected ',' after property value in JSON at position 20: {"password":"correct horse" "x"`,
    ],
  ])('is without its password, as %s', (_, text) => {
    const scrubbed = scrub(`cannot do this: ${text}`);
    expect(scrubbed).toMatch(/password.*\[secret\]/s);
    expect(scrubbed).not.toMatch(/correct|horse|battery/);
    expect(scrubbed).toContain('cannot do this: ');
  });

  it('keeps the text around the secret', () => {
    expect(scrub(JSON.stringify({ ...BODY, password: 'x' }))).toBe(
      `{"phone":"+15550000001","password":[secret],"note":"it's"}`,
    );
    expect(scrub('/x?token=abc&page=2')).toBe('/x?token=[secret]&page=2');
  });

  it.each([
    ['a token', `got ${TOKEN}`, 'got [token]'],
    ['the header of one', 'Authorization: Bearer s3cr3t.s3cr3t', 's3cr3t'],
    ['the header of a password', 'authorization: Basic YW5uOmh1bnRlcjI=', 'YW5u'],
    ['a cookie', 'set-cookie: sid=s3cr3t', 's3cr3t'],
    ['a code', '{"code":"123456"}', '123456'],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----', 'MC4C'],
    ['a card', 'card 4242 4242 4242 4242 or 4242-4242-4242-4242 or 4242424242424242', '4242'],
    ['a short card, where it is called one', '{"card":"501800000009"}', '5018'],
    ['a card of fifteen digits', '3782 822463 10005 or 378282246310005', '822463'],
  ])('is without %s', (_, text, secret) => {
    expect(scrub(text)).not.toContain(secret === 'got [token]' ? TOKEN : secret);
    expect(scrub(text)).toMatch(/\[(token|secret|card|private key)\]/);
  });

  it('is scrubbed in time proportional to its length', () => {
    const began = performance.now();
    for (const part of [
      'a',
      '"',
      '\\',
      '1',
      'password',
      'password="',
      'token\\"',
      '4242 ',
      'eyJ',
      'Bearer ',
      '://a:',
      '-----BEGIN PRIVATE KEY-----',
      'password:   ',
    ])
      scrub(part.repeat((64 * 1024) / part.length));
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe('an object', () => {
  it('has no card numbers, neither as values nor as names of fields', () => {
    expect(scrub({ amount: 4242424242424242, 4242424242424242: 1, at: 1763700000000, ratio: 0.5 })).toEqual({
      amount: '[card]',
      '[card]': 1,
      at: 1763700000000,
      ratio: 0.5,
    });
  });
});

describe('a text without secrets', () => {
  it.each([
    'the token is not valid or has expired',
    'TOKEN_PRIVATE_KEY is not valid: must be an Ed25519 private key in PEM form',
    'order 00000000-0000-7000-8000-000000000001 at 1763700000000',
    '"code":"ECONNREFUSED"',
    'a password is 8 to 200 characters',
  ])('stays as it is: %s', (text) => {
    expect(scrub(text)).toBe(text);
  });
});
