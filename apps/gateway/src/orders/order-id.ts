import { createHmac, hash } from 'node:crypto';
import { stringify, v7 } from 'uuid';

/**
 * Id of an order. With an idempotency key it is derived from the user and the key, equal on every gateway and after
 * every restart, so that a repeated request addresses the same order: a UUIDv8 (RFC 9562, section 5.8) over an HMAC,
 * which cannot be guessed. Without a key it is a new UUIDv7.
 */
export function orderIdFor(secret: string, userId: string, key: string | undefined): string {
  if (key === undefined) return v7();
  const bytes = createHmac('sha256', secret).update(`${userId}\n${key}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return stringify(bytes);
}

/** How often the same sale without a key may be refused and requested again. */
const MAX_ATTEMPTS = 20;

/**
 * Ids of a sale, derived in the same way; one key may be used for a sale and for an order. Without a key, the same sale
 * of the same user gets the same id until it is refused; then the next one.
 */
export function saleIdsFor(secret: string, userId: string, key: string | undefined, sale: object): string[] {
  const idOf = (name: string): string => orderIdFor(secret, `sales of ${userId}`, name);
  if (key !== undefined) return [idOf(key)];
  const bodyHash = hashOf(sale);
  // A key contains no blank, so these names cannot equal one.
  return Array.from({ length: MAX_ATTEMPTS }, (_, n) => idOf(`${n} ${bodyHash}`));
}

/** Id of a new user, derived in the same way. The caller has no user id yet, so a key is scoped to its phone number. */
export const userIdFor = (secret: string, phone: string, key: string | undefined): string =>
  orderIdFor(secret, `sign-up of ${phone}`, key);

/**
 * SHA-256 over the body with its fields sorted: by it orders distinguishes a repeat from another order under the same
 * key.
 */
export const hashOf = (body: unknown): string => hash('sha256', canonical(body));

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`)
    .join(',')}}`;
}
