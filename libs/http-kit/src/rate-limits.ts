import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from './problem.filter.js';

const WINDOW_MS = 60_000;
/** Callers counted at a time, some 300 bytes each; beyond that, those with the oldest requests are evicted. */
const MAX_COUNTED = 50_000;

export interface RateLimit {
  /** Requests of one caller; 0 disables the limit. */
  perMinute: number;
  /** Identifies the caller whose requests are counted. */
  keyOf(request: FastifyRequest): string;
}

export interface RateLimits {
  limits: readonly RateLimit[];
  /** Returns the one of `limits` by which the request is counted; undefined: it is not limited. */
  limitOf(request: FastifyRequest): Promise<RateLimit | undefined>;
}

/** Limits the rate of requests. Counts are per process: n processes allow n times as many. */
export async function limitRates(fastify: FastifyInstance, { limits, limitOf }: RateLimits): Promise<void> {
  await fastify.register(rateLimit, { global: false });
  const counters = new Map(limits.map((limit) => [limit, counter(fastify, limit)]));
  fastify.addHook('onRequest', async (request, reply) => {
    const limit = await limitOf(request);
    const standing = limit && (await counters.get(limit)?.(request));
    if (standing && !standing.isAllowed) return setLimitHeaders(reply, standing);
  });
}

/** Undefined: not limited. */
function counter(fastify: FastifyInstance, { perMinute, keyOf }: RateLimit) {
  const options = { max: perMinute, timeWindow: WINDOW_MS, cache: MAX_COUNTED, keyGenerator: keyOf };
  return perMinute > 0 ? fastify.createRateLimit(options) : undefined;
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
