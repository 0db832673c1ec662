import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

/** Responses are data: a browser that opens one as a page must run, load and frame nothing. */
const NOTHING = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
};
/** Policy of a page of this server: its own scripts and styles, and calls to this API. */
const OWN = {
  ...NOTHING,
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
};

const policy = (directives: Record<string, string[]>) => ({
  contentSecurityPolicy: { useDefaults: false, directives },
});

/** A year, in seconds. Subdomains and preloading are left to the owner of the domain. */
const HSTS = 'max-age=31536000';

/**
 * Disabled headers concern obsolete browsers (Internet Explorer, Flash) or pages that load others; each costs every
 * response.
 */
const OTHERS = {
  frameguard: { action: 'deny' },
  referrerPolicy: { policy: 'no-referrer' },
  hsts: false,
  dnsPrefetchControl: false,
  ieNoOpen: false,
  originAgentCluster: false,
  permittedCrossDomainPolicies: false,
  xssFilter: false,
} as const;

/**
 * Adds the headers that isolate a page in browsers. A route's own header takes precedence.
 * @param pages prefix of the routes that are pages
 */
export async function sendSecurityHeaders(fastify: FastifyInstance, pages: string): Promise<void> {
  fastify.addHook('onRoute', (route) => {
    if (route.url.startsWith(pages)) route.helmet = policy(OWN);
  });
  await fastify.register(helmet, { ...policy(NOTHING), ...OTHERS });
  // Only over TLS (RFC 6797, section 7.2): on this connection, or at a trusted proxy.
  fastify.addHook('onRequest', async (request, reply) => {
    if (request.protocol === 'https') void reply.header('strict-transport-security', HSTS);
  });
}

/**
 * Forbids caching of private responses: to requests with a token, and to all but GET and HEAD. A route's own header
 * takes precedence, and so does a problem's (see `sendProblem`).
 */
export function keepPrivate(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async ({ method, headers }, reply) => {
    if (headers.authorization !== undefined || (method !== 'GET' && method !== 'HEAD'))
      void reply.header('cache-control', 'no-store');
  });
}
