import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayConfig } from '../config.js';
import { clientAddress } from './client-address.js';
import { sendProblem } from './problem.filter.js';
import type { RequestWithCaller, Tokens } from './tokens.js';

const WINDOW_MS = 60_000;
/**
 * Users or addresses counted at a time, some 300 bytes each; beyond that, those with the oldest requests are evicted.
 */
const MAX_COUNTED = 50_000;

/** Paths where a password, code or phone number can be guessed, or an SMS be triggered. */
const SIGN_IN = new Set(['/users', '/users/verification', '/users/verification/resend', '/sessions', '/me/password']);
/** Monitoring is never limited. */
const UNLIMITED_PATHS = new Set(['/healthz', '/readyz']);

/** Whether requests to this path are limited. */
export const isLimited = (path: string | undefined): boolean => path === undefined || !UNLIMITED_PATHS.has(path);

/**
 * Limits the rate of requests per user, identified by a valid token, or else per address; on the paths of sign-in
 * always per address. A request with an invalid token counts for its address.
 *
 * Counts are per process: n gateways allow n times as many.
 */
export async function limitRates(
  fastify: FastifyInstance,
  {
    RATE_LIMIT_PER_MINUTE,
    SIGN_IN_LIMIT_PER_MINUTE,
  }: Pick<GatewayConfig, 'RATE_LIMIT_PER_MINUTE' | 'SIGN_IN_LIMIT_PER_MINUTE'>,
  tokens: Tokens,
): Promise<void> {
  await fastify.register(rateLimit, { global: false });
  const [users, addresses] = [
    counter(fastify, RATE_LIMIT_PER_MINUTE, callerId),
    counter(fastify, RATE_LIMIT_PER_MINUTE, clientAddress),
  ];
  const signIn = counter(fastify, SIGN_IN_LIMIT_PER_MINUTE, clientAddress);
  fastify.addHook('onRequest', async (request: RequestWithCaller, reply) => {
    const path = request.routeOptions.url;
    if (!isLimited(path)) return;
    const count = isSignIn(request)
      ? signIn
      : RATE_LIMIT_PER_MINUTE > 0 && (await tokens.callerOf(request))
        ? users
        : addresses;
    const standing = await count?.(request);
    if (standing && !standing.isAllowed) return setLimitHeaders(reply, standing);
  });
}

const isSignIn = ({ method, routeOptions: { url } }: FastifyRequest): boolean =>
  method === 'POST' && url !== undefined && SIGN_IN.has(url);

const callerId = ({ caller }: RequestWithCaller): string => caller!.id;

/** Undefined: not limited. */
function counter(fastify: FastifyInstance, max: number, keyGenerator: (request: FastifyRequest) => string) {
  const options = { max, timeWindow: WINDOW_MS, cache: MAX_COUNTED, keyGenerator };
  return max > 0 ? fastify.createRateLimit(options) : undefined;
}

interface Standing {
  max: number;
  remaining: number;
  /** Seconds until the count restarts. */
  ttlInSeconds: number;
  isExceeded: boolean;
}

/** Created once: it is most responses in a flood. */
const TOO_MANY = {
  type: 'about:blank',
  title: 'Too Many Requests',
  status: 429,
  detail: 'More requests than a minute allows. Please wait.',
};

/** Header names of draft-ietf-httpapi-ratelimit-headers-07; requests and seconds. */
function setLimitHeaders(
  reply: FastifyReply,
  { max, remaining, ttlInSeconds, isExceeded }: Standing,
): FastifyReply | undefined {
  void reply
    .header('ratelimit-limit', max)
    .header('ratelimit-remaining', remaining)
    .header('ratelimit-reset', ttlInSeconds);
  if (isExceeded) return sendProblem(reply.header('retry-after', ttlInSeconds), TOO_MANY);
}
