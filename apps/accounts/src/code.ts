import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import { ProblemError } from '@sluice/messaging';

/** The code that an account waits for. */
export interface Code {
  codeHash: string | null;
  codeExpiresAt: Date | null;
  codeTries: number;
  /** When a code was last sent again; the first code does not count. */
  codeResentAt: Date | null;
}

/** Number of codes sent, and since when they are counted. */
export interface CodeCount {
  codes: number;
  codesSince: Date;
}

export interface CodeLimits {
  /** Between two requested codes. */
  resendMs: number;
  /** Per day, including that of the sign-up. */
  codesPerAccount: number;
  /** Per day, for all accounts together. */
  codesPerNumber: number;
}

/** A code is valid for ten minutes. */
export const CODE_TTL_MS = 10 * 60_000;
const DAY_MS = 86_400_000;

/** Six random digits, uniformly distributed. */
export const newCode = (): string => String(randomInt(1_000_000)).padStart(6, '0');

export const noCodes = (now: Date): CodeCount => ({ codes: 0, codesSince: now });

export const NO_CODE = { codeHash: null, codeExpiresAt: null };

export const freshCode = (userId: string, code: string, now: Date): Omit<Code, 'codeResentAt'> => ({
  codeHash: hashCode(userId, code),
  codeExpiresAt: new Date(now.getTime() + CODE_TTL_MS),
  codeTries: 0,
});

/** Counts one more code. @throws ProblemError 429 with `retryAfter` (s) when the daily limit is reached */
export function countCode<C extends CodeCount>(counted: C, most: number, now: Date): C {
  const end = counted.codesSince.getTime() + DAY_MS;
  if (now.getTime() >= end) return { ...counted, codes: 1, codesSince: now };
  if (counted.codes >= most) throw tooMany('Too many codes were sent today.', end, now);
  return { ...counted, codes: counted.codes + 1 };
}

/** @throws ProblemError 429 with `retryAfter` (s) when a code was sent again just now */
export function mayResend({ codeResentAt }: Code, { resendMs }: CodeLimits, now: Date): void {
  const from = codeResentAt === null ? -Infinity : codeResentAt.getTime() + resendMs;
  if (now.getTime() < from) throw tooMany('A code was sent just now. Please wait for it.', from, now);
}

const tooMany = (detail: string, until: number, now: Date): ProblemError =>
  ProblemError.of(429, 'Too Many Requests', detail, { retryAfter: Math.ceil((until - now.getTime()) / 1_000) });

export function codeMatches({ id, codeHash, codeExpiresAt }: Code & { id: string }, code: string, now: Date): boolean {
  if (codeHash === null || codeExpiresAt === null || now >= codeExpiresAt) return false;
  return timingSafeEqual(Buffer.from(hashCode(id, code)), Buffer.from(codeHash));
}

/** Keeps codes unreadable in the database; what protects them is their ten minutes and five guesses. */
const hashCode = (userId: string, code: string): string =>
  createHash('sha256').update(`${userId}\n${code}`).digest('hex');
