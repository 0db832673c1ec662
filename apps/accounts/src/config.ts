import { createPrivateKey, type KeyObject } from 'node:crypto';
import { developmentOnly, flag, OWN_KEY, PRODUCTION, wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';
import type { AccountLimits } from './account.js';

/** A PEM block, also with `\n` spelled out, as .env files and orchestrators pass it. */
const Ed25519PrivateKey = z.string().transform((pem, context): KeyObject => {
  try {
    const key = createPrivateKey(pem.replaceAll('\\n', '\n'));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // The parser's message could contain the key; the issue below does not.
  }
  context.addIssue('must be an Ed25519 private key in PEM form');
  return z.NEVER;
});

export const AccountsConfig = z.object({
  /** Signs the tokens; the gateways have the public key. */
  TOKEN_PRIVATE_KEY: Ed25519PrivateKey.register(PRODUCTION, OWN_KEY),
  /** Lifetime of a token, in seconds. */
  TOKEN_TTL_SECONDS: wholeNumber(1, 31_536_000).default(86_400),
  /** Time for which the number of an account that has not verified it is refused to other sign-ups, in seconds. */
  UNVERIFIED_HOLD_SECONDS: wholeNumber(1, 86_400).default(60),
  /** Days after which an account that has not verified its number loses it to the next sign-up. */
  UNVERIFIED_ACCOUNT_DAYS: wholeNumber(1, 365).default(7),
  /** Time between two codes requested for one account, in seconds. */
  CODE_RESEND_SECONDS: wholeNumber(1, 86_400).default(60),
  /** Codes per account and day, including that of its sign-up. */
  CODES_PER_ACCOUNT: wholeNumber(1, 1_000_000).default(5),
  /** Codes per number and day, for all accounts together. */
  CODES_PER_NUMBER: wholeNumber(1, 1_000_000).default(10),
  /** Threads of libuv's pool (https://nodejs.org/api/cli.html), and so passwords hashed at a time, with 32 MB each. */
  UV_THREADPOOL_SIZE: wholeNumber(1, 1_024).default(4),
  /** Creates the two accounts of a development system; refused in production. */
  DEV_SEED: flag(false).register(PRODUCTION, developmentOnly('makes accounts with passwords that everybody knows')),
});
export type AccountsConfig = z.output<typeof AccountsConfig>;

/** Revocations outlive any token issued before TOKEN_TTL_SECONDS was lowered. Milliseconds. */
const MIN_REVOCATION_MS = 30 * 86_400_000;

/** The settings in the form of the rules. */
export const limitsOf = (config: Omit<AccountsConfig, 'DEV_SEED'>): AccountLimits => ({
  holdMs: config.UNVERIFIED_HOLD_SECONDS * 1_000,
  unverifiedMs: config.UNVERIFIED_ACCOUNT_DAYS * 86_400_000,
  resendMs: config.CODE_RESEND_SECONDS * 1_000,
  codesPerAccount: config.CODES_PER_ACCOUNT,
  codesPerNumber: config.CODES_PER_NUMBER,
  tokensMs: Math.max(config.TOKEN_TTL_SECONDS * 1_000, MIN_REVOCATION_MS),
});
