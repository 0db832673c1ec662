import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import { ProblemError } from '@sluice/messaging';

/** The code that an account waits for. */
export interface Code {
  codeHash: string | null;
  codeExpiresAt: Date | null;
  codeTries: number;
  /** When it was last sent again; the first code does not count. */
  codeResentAt: Date | null;
}

/** How many codes were sent, and since when they are counted. */
export interface CodeCount {
  codes: number;
  codesSince: Date;
}

export interface CodeLimits {
  /** Between two codes that are asked for. */
  resendMs: number;
  /** In a day, the one of the sign-up included. */
  codesPerAccount: number;
  /** In a day, whoever asks. */
  codesPerNumber: number;
}

/** A code is good for ten minutes. */
export const CODE_TTL_MS = 10 * 60_000;
const DAY_MS = 86_400_000;

/** Six digits, each as likely as any other. */
export const newCode = (): string => String(randomInt(1_000_000)).padStart(6, '0');

export const noCodes = (now: Date): CodeCount => ({ codes: 0, codesSince: now });

export const NO_CODE = { codeHash: null, codeExpiresAt: null };

export const freshCode = (userId: string, code: string, now: Date): Omit<Code, 'codeResentAt'> => ({
  codeHash: hashCode(userId, code),
  codeExpiresAt: new Date(now.getTime() + CODE_TTL_MS),
  codeTries: 0,
});

/** One code more. @throws ProblemError 429 with `retryAfter` (s) when the day has had its codes */
export function countCode<C extends CodeCount>(counted: C, most: number, now: Date): C {
  const end = counted.codesSince.getTime() + DAY_MS;
  if (now.getTime() >= end) return { ...counted, codes: 1, codesSince: now };
  if (counted.codes >= most) throw tooMany('Too many codes were sent today.', end, now);
  return { ...counted, codes: counted.codes + 1 };
}

/** @throws ProblemError 429 with `retryAfter` (s) when one was sent again just now */
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

/** Keeps codes out of plain sight in the database; ten minutes and five guesses are what protects them. */
const hashCode = (userId: string, code: string): string =>
  createHash('sha256').update(`${userId}\n${code}`).digest('hex');
