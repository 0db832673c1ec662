import { createHash, createHmac } from 'node:crypto';
import { stringify, v7 } from 'uuid';

/**
 * The order's id. With an idempotency key it follows from the user and the key, on every gateway and after every restart,
 * so that asking again asks for the same order: a UUIDv8 (RFC 9562, section 5.8) over an HMAC, which nobody can guess.
 * Without a key it is a new UUIDv7.
 */
export function orderIdFor(secret: string, userId: string, key: string | undefined): string {
  if (key === undefined) return v7();
  const bytes = createHmac('sha256', secret).update(`${userId}\n${key}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return stringify(bytes);
}

/** So often the same sale without a key may be refused and asked for anew. */
const MAX_ATTEMPTS = 20;

/**
 * A sale's id, made in the same way; one key may be used for a sale and for an order. Without a key the same sale of
 * the same user is the same one, for as long as it is not refused: then the next id is for it.
 */
export function saleIdsFor(secret: string, userId: string, key: string | undefined, sale: object): string[] {
  const idOf = (name: string): string => orderIdFor(secret, `sales of ${userId}`, name);
  if (key !== undefined) return [idOf(key)];
  const hash = hashOf(sale);
  // No key has a blank in it.
  return Array.from({ length: MAX_ATTEMPTS }, (_, n) => idOf(`${n} ${hash}`));
}

/** A new user's id, made in the same way. Nobody is signed in yet: a key belongs to the number that it comes with. */
export const userIdFor = (secret: string, phone: string, key: string | undefined): string =>
  orderIdFor(secret, `sign-up of ${phone}`, key);

/** SHA-256 over the body with its fields in order: how orders tells a repeat from another order under the same key. */
export const hashOf = (body: unknown): string => createHash('sha256').update(canonical(body)).digest('hex');

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`)
    .join(',')}}`;
}
