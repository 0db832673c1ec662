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
  /** A stream that has been silent for so long says that it is still there, in ms: proxies close what is silent for a minute, some for half of one. */
  STREAM_HEARTBEAT_MS: wholeNumber(10, 600_000).default(15_000),
  /** How often a stream asks although it heard nothing, in ms; give or take a fifth, so that streams opened together do not ask together. */
  STREAM_REFRESH_MS: wholeNumber(50, 600_000).default(5_000),
  /** How long a stream waits for something that is not there yet, in ms. */
  STREAM_PATIENCE_MS: wholeNumber(50, 86_400_000).default(600_000),
  /** How much may wait in this process for one client; who takes less than that is too slow. A usual event is 1 to 4 kB. */
  STREAM_BUFFER_BYTES: wholeNumber(1, 16 * 1024 * 1024).default(64 * 1024),
  /** How many streams one gateway keeps open: each is a socket and about 50 kB, and together they ask the owners every `STREAM_REFRESH_MS`. */
  STREAM_LIMIT: wholeNumber(1, 1_000_000).default(10_000),
  /** How often a gateway asks for the sales although it is told of each change, in ms, give or take a fifth: it may have missed one. */
  SALES_REFRESH_MS: wholeNumber(50, 600_000).default(5_000),
});
export type GatewayConfig = z.output<typeof GatewayConfig>;
