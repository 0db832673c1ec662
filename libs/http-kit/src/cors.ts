import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

/**
 * Exact origins, separated by commas. `*` and patterns are refused: scripts of an allowed origin act with its users'
 * tokens.
 */
export const Origins = z.string().transform((text, context): string[] => {
  const origins = text.split(',').map((part) => part.trim());
  if (origins.every(isOrigin)) return origins;
  context.addIssue('must be exact origins, such as https://shop.example, separated by commas');
  return z.NEVER;
});

const isOrigin = (text: string): boolean =>
  /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;

/** How long a browser may cache a preflight response, in seconds; two hours is Chromium's maximum. */
const PREFLIGHT_GOOD_FOR = 7_200;

/**
 * Allows pages of these origins to call the API from a browser. Scripts send the tokens, not the browser, so no cookies
 * are allowed.
 */
export async function allowOrigins(fastify: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  const { default: cors } = await import('@fastify/cors');
  await fastify.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'Last-Event-ID',
      'X-Correlation-ID',
      'traceparent',
    ],
    exposedHeaders: ['Location', 'Retry-After', 'X-Correlation-ID'],
    maxAge: PREFLIGHT_GOOD_FOR,
    strictPreflight: false,
  });
}
