import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayConfig } from '../config.js';
import { clientAddress } from './client-address.js';
import { sendProblem } from './problem.filter.js';
import type { Asked, Tokens } from './tokens.js';

const WINDOW_MS = 60_000;
/** Users, or addresses, that are counted at a time, some 300 bytes each; beyond them those are forgotten that asked longest ago. */
const MAX_COUNTED = 50_000;

/** Here a password, a code or a phone number can be guessed at, and an SMS be caused. */
const SIGN_IN = new Set(['/users', '/users/verification', '/users/verification/resend', '/sessions', '/me/password']);
/** Who watches over the gateway is never turned away. */
const UNLIMITED_PATHS = new Set(['/healthz', '/readyz']);

/** Whether requests to this path are limited at all. */
export const isLimited = (path: string | undefined): boolean => path === undefined || !UNLIMITED_PATHS.has(path);

/**
 * Turns away who asks too often: a user, known by a token that was found to be good, or else an address; at the paths of
 * sign-in always the address. A request with a bad token is one of its address, whoever it says it is.
 *
 * Counts are this process's: n gateways let n times as many through.
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
  fastify.addHook('onRequest', async (request: Asked, reply) => {
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

const callerId = ({ caller }: Asked): string => caller!.id;

/** Undefined: not limited. */
function counter(fastify: FastifyInstance, max: number, keyGenerator: (request: FastifyRequest) => string) {
  const options = { max, timeWindow: WINDOW_MS, cache: MAX_COUNTED, keyGenerator };
  return max > 0 ? fastify.createRateLimit(options) : undefined;
}

interface Standing {
  max: number;
  remaining: number;
  /** Until the count begins anew. */
  ttlInSeconds: number;
  isExceeded: boolean;
}

/** Made once: to be told this is most of what a flood gets. */
const TOO_MANY = {
  type: 'about:blank',
  title: 'Too Many Requests',
  status: 429,
  detail: 'More requests than a minute allows. Please wait.',
};

/** The names of draft-ietf-httpapi-ratelimit-headers-07: requests and seconds. */
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
