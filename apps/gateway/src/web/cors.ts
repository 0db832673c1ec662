import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

/** Exact origins, separated by commas; `*` and patterns are refused, because whoever is let in acts with its users' tokens. */
export const Origins = z.string().transform((text, context): string[] => {
  const origins = text.split(',').map((part) => part.trim());
  if (origins.every(isOrigin)) return origins;
  context.addIssue('must be exact origins, such as https://shop.example, separated by commas');
  return z.NEVER;
});

const isOrigin = (text: string): boolean =>
  /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;

/** Seconds that a browser need not ask again; two hours is the most that Chromium takes. */
const PREFLIGHT_GOOD_FOR = 7_200;

/** Pages of these origins may call the API from a browser. Tokens are sent by scripts and not by the browser, so no cookies are let in. */
export async function allowOrigins(fastify: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  const { default: cors } = await import('@fastify/cors');
  await fastify.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
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
