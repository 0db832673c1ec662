// @ts-nocheck
import { randomUUID } from 'node:crypto';
import { PASSWORD } from './actors.js';
import { SKUS } from './goods.js';

/**
 * Cards of the fake gateway (docs/flows/place-order.md): it pays, it declines, it fails for a while; it does not know
 * the last.
 */
const CARDS = { 4242424242424242: 80, 4000000000000002: 8, 4000000000000119: 4, 5555555555554444: 8 };
/** Of payment windows: each length is a queue of the broker. The last is the longest that is allowed. Seconds. */
const WINDOWS = [1_800, 1_800, 1_800, 3_600, 1, 2_592_000];
/** How often something is bought of which there is plenty: of most products there is nothing. */
const STOCKED = 0.6;
/** How often a likely value is taken and not any that fits. */
const LIKELY = 0.8;
const inSeconds = (seconds) => new Date(Date.now() + seconds * 1_000).toISOString();

/**
 * Values by which a request does something, and not only fits: what exists, few pieces, one currency, a sale that is
 * open.
 * What the document says in words only (`closesAt` is after `opensAt`) is right here, too.
 * @param {{ random: import('@sluice/chaos/random').Random, world: import('./world.js').World, accounts: { phone:
 * string, password: string }[], operation: { key: string } }} context
 * @returns {(name: string) => unknown}
 */
export function hintsFor({ random, world, accounts, operation: { key } }) {
  const account = random.pick(accounts);
  const unique = () => `f${random.between(0, 999_999)}${randomUUID().slice(0, 8)}`;
  const likely = {
    sku: () => (random.next() < STOCKED ? random.pick(SKUS) : world.pick('product', random)?.value),
    coupon: () => world.pick('coupon', random)?.value,
    quantity: () => random.between(1, 4),
    amount: () => random.between(1, 5_000),
    currency: () => 'USD',
    card: () => random.weighted(CARDS),
    value: () => random.between(1, 60),
    limit: () => undefined,
    perUser: () => 1,
    reference: unique,
    cursor: () => world.pick(`cursor of ${key.split(' ')[1]}`, random)?.value,
    country: () => random.pick(['GB', 'DE', 'US', 'CN']),
    entry: () => `${random.between(0, 50)}.${random.between(0, 50)}`,
    ...(key === 'POST /coupons' && {
      code: () => unique().toUpperCase(),
      expiresAt: () => inSeconds(random.between(1, 86_400)),
    }),
    ...(key === 'POST /me/password' && { current: () => PASSWORD, new: () => `${PASSWORD} ${random.between(0, 99)}` }),
    ...(key === 'POST /sessions' && { phone: () => account.phone, password: () => account.password }),
    ...(key === 'POST /users' && { phone: () => `+1555${String(random.between(0, 9_999_999)).padStart(7, '0')}` }),
  };
  const always = timesOf(key, random);
  return (name) => always[name]?.() ?? (random.next() < LIKELY ? likely[name]?.() : undefined);
}

/** What is never any time that fits: a sale that is open soon, and a window of which there is a queue. */
function timesOf(key, random) {
  const opens = random.between(-30, 5);
  return {
    payWithinSeconds: () => random.pick(WINDOWS),
    ...(key === 'POST /flash-sales' && {
      opensAt: () => inSeconds(opens),
      closesAt: () => inSeconds(opens + random.between(60, 3_600)),
    }),
  };
}
