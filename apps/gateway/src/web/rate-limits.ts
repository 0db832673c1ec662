import { clientAddress, type RateLimit, type RateLimits } from '@sluice/http-kit';
import type { FastifyRequest } from 'fastify';
import type { GatewayConfig } from '../config.js';
import type { RequestWithCaller } from './auth.js';
import type { Tokens } from './tokens.js';

/** Paths where a password, code or phone number can be guessed, or an SMS be triggered. */
const SIGN_IN = new Set(['/users', '/users/verification', '/users/verification/resend', '/sessions', '/me/password']);
/** Monitoring is never limited. */
const UNLIMITED_PATHS = new Set(['/healthz', '/readyz']);

/** Whether requests to this path are limited. */
export const isLimited = (path: string | undefined): boolean => path === undefined || !UNLIMITED_PATHS.has(path);

type Limits = Pick<GatewayConfig, 'RATE_LIMIT_PER_MINUTE' | 'SIGN_IN_LIMIT_PER_MINUTE'>;

/**
 * Counts requests per user, identified by a valid token, or else per address; on the paths of sign-in always per
 * address. A request with an invalid token counts for its address.
 */
export function rateLimits({ RATE_LIMIT_PER_MINUTE, SIGN_IN_LIMIT_PER_MINUTE }: Limits, tokens: Tokens): RateLimits {
  const perUser: RateLimit = { perMinute: RATE_LIMIT_PER_MINUTE, keyOf: userId };
  const perAddress: RateLimit = { perMinute: RATE_LIMIT_PER_MINUTE, keyOf: clientAddress };
  const signIn: RateLimit = { perMinute: SIGN_IN_LIMIT_PER_MINUTE, keyOf: clientAddress };
  const limitOf = async (request: FastifyRequest): Promise<RateLimit | undefined> => {
    if (!isLimited(request.routeOptions.url)) return undefined;
    if (isSignIn(request)) return signIn;
    return RATE_LIMIT_PER_MINUTE > 0 && (await tokens.callerOf(request)) ? perUser : perAddress;
  };
  return { limits: [perUser, perAddress, signIn], limitOf };
}

const isSignIn = ({ method, routeOptions: { url } }: FastifyRequest): boolean =>
  method === 'POST' && url !== undefined && SIGN_IN.has(url);

const userId = ({ caller }: RequestWithCaller): string => caller!.id;
