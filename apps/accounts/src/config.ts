import { createPrivateKey, type KeyObject } from 'node:crypto';
import { flag, wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';

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
  /** Makes the two accounts of a development system; refused in production. */
  DEV_SEED: flag(false),
});
export type AccountsConfig = z.output<typeof AccountsConfig>;
