import { CommonConfig, flag, OutsideUrl, Port, wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';
import { Origins } from './web/cors.js';
import { Ed25519PublicKeys } from './web/public-keys.js';
import { TrustProxy } from './web/trust-proxy.js';

export const GatewayConfig = CommonConfig.extend({
  PORT: Port.default(8080),
  /** Verify the tokens that accounts signs, each those that name it; the first also those that name none. */
  TOKEN_PUBLIC_KEY: Ed25519PublicKeys,
  /** Turns a user's idempotency key into an order id; the same on every gateway, and changing it forgets the keys. */
  IDEMPOTENCY_SECRET: z.string().min(16),
  /** How long a caller is kept waiting for a service, in ms. */
  REPLY_TIMEOUT_MS: wholeNumber(50, 60_000).default(3_000),
  /**
   * How long a gateway that is told to stop goes on taking requests while `/readyz` says 503, in ms: what a load balancer
   * takes to notice. The rest of the 15 s in which a process stops is for the requests that it has taken.
   */
  SHUTDOWN_GRACE_MS: wholeNumber(0, 10_000).default(0),
  /** Requests per minute of one user, or without a token of one address; 0 switches it off. A busy page makes one per second, and behind one address there are many. */
  RATE_LIMIT_PER_MINUTE: wholeNumber(0, 1_000_000).default(1_200),
  /** Sign-ups, sign-ins and verifications per minute of one address; 0 switches it off. Each costs a password hash, which takes a core some 0.3 s. */
  SIGN_IN_LIMIT_PER_MINUTE: wholeNumber(0, 1_000_000).default(30),
  /** Which proxies are believed when they say for whom they ask; nobody when unset. */
  TRUST_PROXY: TrustProxy.optional(),
  /** Whose pages may call from a browser; nobody's but our own when unset. */
  CORS_ORIGINS: Origins.optional().default([]),
  /** Where card numbers become tokens; unset: the fake vault, which production refuses unless it says `fake`. */
  CARD_GATEWAY_URL: OutsideUrl,
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
  /** How often a gateway asks for the tokens that were taken back although it is told of each, in ms. */
  REVOCATIONS_REFRESH_MS: wholeNumber(50, 600_000).default(5_000),
  /** Tokens are refused (503) until it is known which were taken back; else they are taken by signature and end. */
  REVOCATIONS_REQUIRED: flag(false),
});
export type GatewayConfig = z.output<typeof GatewayConfig>;
