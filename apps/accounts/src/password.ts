import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';

/**
 * scrypt (RFC 7914) with a cost from the OWASP password storage cheat sheet: N=2^15, r=8, p=3. One hash takes 128 * N
 * * r bytes = 32 MiB.
 */
const COST = { N: 2 ** 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Bytes. Node's default limit of 32 MiB is too low for this cost. */
const MAX_MEMORY = 64 * 1024 * 1024;
/** Number of concurrent hashes, each on a core and a thread of its own, with 32 MiB. */
export const hashesAtATime = (threads: number, cores = availableParallelism()): number => Math.min(threads, cores);

type Parameters = Required<Pick<ScryptOptions, 'N' | 'r' | 'p'>>;

const scryptAsync = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
const derive = (password: string, salt: Buffer, cost: Parameters, length: number): Promise<Buffer> =>
  scryptAsync(password.normalize('NFKC'), salt, length, { ...cost, maxmem: MAX_MEMORY });

/**
 * @returns `scrypt$N$r$p$salt$hash`: it contains its own cost, so that the cost can be raised while old hashes still
 * match
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, COST, HASH_BYTES);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/**
 * Compares in constant time. Without a hash, because no account has that phone number, it computes one all the same:
 * the time of the reply does not reveal whether an account exists.
 */
export async function passwordMatches(password: string, stored: string | undefined): Promise<boolean> {
  const { cost, salt, hash } = parse(stored ?? UNMATCHABLE_HASH);
  const given = await derive(password, salt, cost, hash.length);
  return timingSafeEqual(given, hash) && stored !== undefined;
}

/** A well-formed hash of random bytes, which no password matches. */
export const UNMATCHABLE_HASH = [
  'scrypt',
  COST.N,
  COST.r,
  COST.p,
  randomBytes(SALT_BYTES).toString('base64url'),
  randomBytes(HASH_BYTES).toString('base64url'),
].join('$');

function parse(stored: string): { cost: Parameters; salt: Buffer; hash: Buffer } {
  const [scheme, N, r, p, salt, hash] = stored.split('$');
  if (scheme !== 'scrypt' || !salt || !hash)
    throw new Error('a stored password hash is not of the form scrypt$N$r$p$salt$hash');
  return {
    cost: { N: Number(N), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    hash: Buffer.from(hash, 'base64url'),
  };
}
