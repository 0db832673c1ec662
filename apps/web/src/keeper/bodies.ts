import { amountOf, newMoney } from './amount.js';

export type CouponKind = 'percent' | 'fixed';

/** The coupon that was typed, as the API takes it. */
export function couponOf(kind: CouponKind, given: Record<string, string>) {
  const currency = (given['currency'] ?? 'USD').toUpperCase();
  const whole = (name: string) => (given[name] === undefined ? {} : { [name]: Number(given[name]) });
  const minTotal = given['minTotal'] === undefined ? undefined : amountOf(given['minTotal'], currency);
  return {
    code: given['code'] ?? '',
    kind,
    value: kind === 'percent' ? Number(given['value']) : (amountOf(given['value'] ?? '', currency)?.amount ?? 0),
    ...(kind === 'fixed' && { currency }),
    ...(minTotal && { minTotal }),
    ...whole('limit'),
    ...whole('perUser'),
    ...(given['expiresAt'] !== undefined && { expiresAt: new Date(given['expiresAt']).toISOString() }),
  };
}

/** The sale that was typed, as the API takes it. @param now by the server's clock, ms since the epoch */
export function saleOf(given: Record<string, string>, now: number) {
  const currency = (given['currency'] ?? 'USD').toUpperCase();
  const opens = now + Number(given['opensIn']) * 1_000;
  return {
    sku: given['sku'] ?? '',
    price: amountOf(given['price'] ?? '', currency) ?? newMoney(-1, currency),
    quantity: Number(given['quantity']),
    opensAt: new Date(opens).toISOString(),
    closesAt: new Date(opens + Number(given['lasts']) * 60_000).toISOString(),
    payWithinSeconds: Number(given['payWithin']),
    perUser: 1 as const,
  };
}
