import { createPublicKey, type KeyObject } from 'node:crypto';
import { CommonConfig, Port, wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';

/** A PEM block, also with `\n` spelled out, as .env files and orchestrators pass it. */
const Ed25519PublicKey = z.string().transform((pem, context): KeyObject => {
  try {
    const key = createPublicKey(pem.replaceAll('\\n', '\n'));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // The parser's own words help nobody; the line below does.
  }
  context.addIssue('must be an Ed25519 public key in PEM form');
  return z.NEVER;
});

export const GatewayConfig = CommonConfig.extend({
  PORT: Port.default(8080),
  /** Verifies the tokens that accounts signs. */
  TOKEN_PUBLIC_KEY: Ed25519PublicKey,
  /** Turns a user's idempotency key into an order id; the same on every gateway, and changing it forgets the keys. */
  IDEMPOTENCY_SECRET: z.string().min(16),
  /** How long a caller is kept waiting for a service, in ms. */
  REPLY_TIMEOUT_MS: wholeNumber(50, 60_000).default(3_000),
  /** Where card numbers become tokens; the fake vault when unset. */
  CARD_GATEWAY_URL: z.url({ protocol: /^https?$/ }).optional(),
});
export type GatewayConfig = z.output<typeof GatewayConfig>;
