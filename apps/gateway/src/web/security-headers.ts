import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

/** Answers are data: a browser that is led to one as if it were a page runs, loads and frames nothing. */
const NOTHING = {
  'default-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
};
/** The page at /docs: its own scripts and styles, and calls to this API. */
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

/** Seconds: a year. Without subdomains and preloading, which are for the owner of the domain to promise. */
const HSTS = 'max-age=31536000';

/** What is left out speaks to browsers that are no more (Internet Explorer, Flash), or of pages that load others; each costs every answer. */
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

/** The headers by which browsers keep to themselves what was meant for one page. A route that sets one itself is right. */
export async function sendSecurityHeaders(fastify: FastifyInstance): Promise<void> {
  fastify.addHook('onRoute', (route) => {
    if (route.url.startsWith('/docs')) route.helmet = policy(OWN);
  });
  await fastify.register(helmet, { ...policy(NOTHING), ...OTHERS });
  // Only over TLS (RFC 6797, section 7.2): as the connection is, or as a proxy says that is believed.
  fastify.addHook('onRequest', async (request, reply) => {
    if (request.protocol === 'https') void reply.header('strict-transport-security', HSTS);
  });
}

/**
 * Nobody keeps an answer that is one person's: what is asked with a token, or is no mere question. A route that sets the header
 * itself is right, and so is a problem (see `sendProblem`).
 */
export function keepPrivate(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async ({ method, headers }, reply) => {
    if (headers.authorization !== undefined || (method !== 'GET' && method !== 'HEAD'))
      void reply.header('cache-control', 'no-store');
  });
}
