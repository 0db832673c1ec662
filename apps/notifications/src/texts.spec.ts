import { LANGUAGES } from '@sluice/contracts';
import { expect, it } from 'vitest';
import { TEXTS } from './texts.js';

const price = { amount: 4_205, currency: 'USD' };
const texts = (of: keyof typeof TEXTS) =>
  Object.entries(TEXTS[of]).map(([key, text]): [string, string] => [
    key,
    // Arguments of every text: an order, a name, a code or a version first; then money, or a reason; then a time.
    key === 'rejected' || key === 'cancelled'
      ? (text as (order: string, reason: string) => string)('a1b2', 'payment_timeout')
      : (text as (...given: unknown[]) => string)('a1b2', price, '2026-01-01 12:30 UTC'),
  ]);

it('has the same texts in every language', () => {
  for (const language of LANGUAGES)
    expect(Object.keys(TEXTS[language]).sort(), language).toEqual(Object.keys(TEXTS.en).sort());
});

it('says in every language what the English text says: the order, the money, the time', () => {
  const inChinese = Object.fromEntries(texts('zh'));
  for (const [key, text] of texts('en'))
    for (const part of ['a1b2', '$42.05', '2026-01-01 12:30 UTC'])
      expect(inChinese[key]!.includes(part), `${part} in ${key}`).toBe(text.includes(part));
});

it('leaves no text empty, and none in the other language', () => {
  for (const [key, text] of texts('zh')) expect(text, key).toMatch(/\p{Script=Han}/u);
  for (const [key, text] of texts('en')) expect(text, key).not.toMatch(/\p{Script=Han}/u);
});

it('has a reason in every language for each end of an order', () => {
  const reasons = [
    ...(['out_of_stock', 'unknown_product', 'coupon_rejected', 'payment_timeout', 'customer'] as const),
    ...(['not_orderable', 'processing_timeout', 'too_many_unpaid'] as const),
  ];
  for (const language of LANGUAGES)
    expect(new Set(reasons.map((reason) => TEXTS[language].rejected('a1b2', reason))).size).toBe(reasons.length);
});
