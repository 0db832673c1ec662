import { Ed25519PublicKeys, Origins, TrustProxy } from '@sluice/http-kit';
import {
  CommonConfig,
  flag,
  limited,
  outsideUrl,
  OWN_KEY,
  Port,
  PRODUCTION,
  RANDOM_SECRET,
  wholeNumber,
} from '@sluice/service-kit';
import { z } from 'zod';

const GUESSES = limited('guesses at passwords and codes are');

export const GatewayConfig = CommonConfig.extend({
  PORT: Port.default(8080),
  /** Keys that verify the tokens accounts signs, each those with its key id; the first also those without one. */
  TOKEN_PUBLIC_KEY: Ed25519PublicKeys.register(PRODUCTION, OWN_KEY),
  /** Derives order ids from idempotency keys. The same on every gateway; changing it invalidates the keys. */
  IDEMPOTENCY_SECRET: z.string().min(16).register(PRODUCTION, RANDOM_SECRET),
  /** How long an HTTP caller waits for a service, in ms. */
  REPLY_TIMEOUT_MS: wholeNumber(50, 60_000).default(3_000),
  /**
   * How long a stopping gateway still accepts requests while `/readyz` returns 503, in ms: the time that a load
   * balancer takes to notice. The rest of the 15 s in which a process stops is for the accepted requests.
   */
  SHUTDOWN_GRACE_MS: wholeNumber(0, 10_000).default(0),
  /**
   * Requests per minute of one user, or of one address without a token; 0 disables it. A busy page sends one per
   * second, and many users share one address.
   */
  RATE_LIMIT_PER_MINUTE: wholeNumber(0, 1_000_000).default(1_200).register(PRODUCTION, limited('requests are')),
  /**
   * Sign-ups, sign-ins and verifications per minute of one address; 0 disables it. Each computes a password hash: some
   * 0.3 s of a core.
   */
  SIGN_IN_LIMIT_PER_MINUTE: wholeNumber(0, 1_000_000).default(30).register(PRODUCTION, GUESSES),
  /** Trusted proxies, whose forwarding headers are used; none when unset. */
  TRUST_PROXY: TrustProxy.optional(),
  /** Origins whose pages may call the API from a browser; only the gateway's own when unset. */
  CORS_ORIGINS: Origins.optional().default([]),
  /**
   * Service that exchanges card numbers for tokens. Unset: the fake vault, which production refuses unless set to
   * `fake`.
   */
  CARD_GATEWAY_URL: outsideUrl('take orders without taking money', 'card numbers'),
  /** Interval of heartbeats on an idle stream, in ms: proxies close connections idle for 60 s, some for 30 s. */
  STREAM_HEARTBEAT_MS: wholeNumber(10, 600_000).default(15_000),
  /**
   * Interval at which this gateway asks which of the followed orders and tickets have changed, in ms, plus or minus a
   * fifth: a fact may be lost.
   */
  STREAM_REFRESH_MS: wholeNumber(50, 600_000).default(5_000),
  /** As STREAM_REFRESH_MS, for inboxes. Longer, because an inbox is followed as long as its page is open. */
  INBOX_REFRESH_MS: wholeNumber(50, 600_000).default(30_000),
  /** How long a stream waits for an order that does not exist yet, in ms. */
  STREAM_PATIENCE_MS: wholeNumber(50, 86_400_000).default(600_000),
  /** Buffer per stream, in bytes; a client that reads more slowly is disconnected. A usual event is 1 to 4 kB. */
  STREAM_BUFFER_BYTES: wholeNumber(1, 16 * 1024 * 1024).default(64 * 1024),
  /** Open streams per gateway: each is a socket and about 50 kB. Without a token, half of them. */
  STREAM_LIMIT: wholeNumber(1, 1_000_000).default(10_000),
  /** Interval of reading the sales, in ms, plus or minus a fifth: a fact about a change may be lost. */
  SALES_REFRESH_MS: wholeNumber(50, 600_000).default(5_000),
  /** Interval of reading the revoked tokens, in ms: a fact about a revocation may be lost. */
  REVOCATIONS_REFRESH_MS: wholeNumber(50, 600_000).default(5_000),
  /**
   * If true, tokens are refused (503) until the revoked ones have been read; else their signature and expiry suffice.
   */
  REVOCATIONS_REQUIRED: flag(false),
});
export type GatewayConfig = z.output<typeof GatewayConfig>;
