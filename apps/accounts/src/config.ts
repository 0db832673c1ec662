import { createPrivateKey, type KeyObject } from 'node:crypto';
import { flag, wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';
import type { AccountLimits } from './account.js';

/** A PEM block, also with `\n` spelled out, as .env files and orchestrators pass it. */
const Ed25519PrivateKey = z.string().transform((pem, context): KeyObject => {
  try {
    const key = createPrivateKey(pem.replaceAll('\\n', '\n'));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // The parser's own words could repeat the key; the line below does not.
  }
  context.addIssue('must be an Ed25519 private key in PEM form');
  return z.NEVER;
});

export const AccountsConfig = z.object({
  /** Signs the tokens; the gateways hold its public half. */
  TOKEN_PRIVATE_KEY: Ed25519PrivateKey,
  /** How long a token is good for, in seconds. */
  TOKEN_TTL_SECONDS: wholeNumber(1, 31_536_000).default(86_400),
  /** For how long nobody else may sign up with the number of an account that has not proved it, in seconds. */
  UNVERIFIED_HOLD_SECONDS: wholeNumber(1, 86_400).default(60),
  /** After how many days an account that has not proved its number gives it up to the next sign-up with it. */
  UNVERIFIED_ACCOUNT_DAYS: wholeNumber(1, 365).default(7),
  /** Between two codes that one account asks for, in seconds. */
  CODE_RESEND_SECONDS: wholeNumber(1, 86_400).default(60),
  /** Codes of one account in a day, that of its sign-up included. */
  CODES_PER_ACCOUNT: wholeNumber(1, 1_000_000).default(5),
  /** Codes to one number in a day, whoever asks for them. */
  CODES_PER_NUMBER: wholeNumber(1, 1_000_000).default(10),
  /** Threads of libuv's pool (https://nodejs.org/api/cli.html): so many passwords are hashed at a time, 32 MB each. */
  UV_THREADPOOL_SIZE: wholeNumber(1, 1_024).default(4),
  /** Makes the two accounts of a development system; refused in production. */
  DEV_SEED: flag(false),
});
export type AccountsConfig = z.output<typeof AccountsConfig>;

/** Kept for longer than any token that may have been issued before TOKEN_TTL_SECONDS was lowered. Milliseconds. */
const MIN_REVOCATION_MS = 30 * 86_400_000;

/** The settings as the rules take them. */
export const limitsOf = (config: AccountsConfig): AccountLimits => ({
  holdMs: config.UNVERIFIED_HOLD_SECONDS * 1_000,
  unverifiedMs: config.UNVERIFIED_ACCOUNT_DAYS * 86_400_000,
  resendMs: config.CODE_RESEND_SECONDS * 1_000,
  codesPerAccount: config.CODES_PER_ACCOUNT,
  codesPerNumber: config.CODES_PER_NUMBER,
  tokensMs: Math.max(config.TOKEN_TTL_SECONDS * 1_000, MIN_REVOCATION_MS),
});
