import { randomUUID } from 'node:crypto';
import type { Random } from '@sluice/chaos/random';
import type { Credentials } from '@sluice/stack/shop-client';
import { PASSWORD } from './callers.js';
import { SKUS } from './products.js';
import type { KnownResources } from './resources.js';

/**
 * How often each card of the fake gateway (docs/flows/place-order.md) is used: it pays, it declines, it fails for a
 * while; the last is unknown to it.
 */
const CARDS = { 4242424242424242: 80, 4000000000000002: 8, 4000000000000119: 4, 5555555555554444: 8 };
/** Of payment windows: each length is a queue of the broker. The last is the longest that is allowed. Seconds. */
const WINDOWS = [1_800, 1_800, 1_800, 3_600, 1, 2_592_000];
/** How often a product of SKUS is bought: of most others nothing is in stock. */
const STOCKED = 0.6;
/** How often a likely value is taken and not any that fits. */
const LIKELY = 0.8;

export const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();

type Generators = Readonly<Record<string, () => unknown>>;

interface Context {
  readonly random: Random;
  readonly resources: KnownResources;
  readonly accounts: readonly Credentials[];
  /** Of the operation. */
  readonly key: string;
}

/**
 * Values by name of their field by which a request has an effect, and not only fits: what exists, few pieces, one
 * currency, a sale that is open. They also keep the rules that the document has in words alone (`closesAt` is after
 * `opensAt`).
 */
export function likelyValues(context: Context): (name: string) => unknown {
  const { random, key } = context;
  const account = random.pick(context.accounts);
  const likely: Generators = { ...ofEveryOperation(context), ...ofOperation(key, random, account) };
  const always = times(key, random);
  return (name) => always[name]?.() ?? (random.next() < LIKELY ? likely[name]?.() : undefined);
}

const unique = (random: Random): string => `f${random.between(0, 999_999)}${randomUUID().slice(0, 8)}`;

const ofEveryOperation = ({ random, resources, key }: Context): Generators => ({
  sku: () => (random.next() < STOCKED ? random.pick(SKUS) : resources.pick('product', random)?.value),
  coupon: () => resources.pick('coupon', random)?.value,
  quantity: () => random.between(1, 4),
  amount: () => random.between(1, 5_000),
  currency: () => 'USD',
  email: () => `${unique(random)}@example.org`,
  card: () => random.weighted(CARDS),
  value: () => random.between(1, 60),
  limit: () => undefined,
  perUser: () => 1,
  reference: () => unique(random),
  cursor: () => resources.pick(`cursor of ${key.split(' ')[1]}`, random)?.value,
  country: () => random.pick(['GB', 'DE', 'US', 'CN']),
  entry: () => `${random.between(0, 50)}.${random.between(0, 50)}`,
});

function ofOperation(key: string, random: Random, account: Credentials): Generators {
  switch (key) {
    case 'POST /coupons':
      return { code: () => unique(random).toUpperCase(), expiresAt: () => inSeconds(random.between(1, 86_400)) };
    case 'POST /me/password':
      return { current: () => PASSWORD, new: () => `${PASSWORD} ${random.between(0, 99)}` };
    case 'POST /sessions':
      return { phone: () => account.phone, password: () => account.password };
    case 'POST /users':
      return { phone: () => `+1555${String(random.between(0, 9_999_999)).padStart(7, '0')}` };
    default:
      return {};
  }
}

/** Never any time that fits: a sale opens soon, and each payment window has a queue. */
function times(key: string, random: Random): Generators {
  const opens = random.between(-30, 5);
  return {
    payWithinSeconds: () => random.pick(WINDOWS),
    ...(key === 'POST /flash-sales' && {
      opensAt: () => inSeconds(opens),
      closesAt: () => inSeconds(opens + random.between(60, 3_600)),
    }),
  };
}
