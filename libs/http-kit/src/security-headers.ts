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

/** A year, in seconds. Subdomains and preloading are left to the owner of the domain. */
const HSTS = 'max-age=31536000';

/**
 * The headers of every response, by policy. The others that are usual concern obsolete browsers (Internet Explorer,
 * Flash) or pages that load others; each costs every response.
 */
const headersWith = (policy: Readonly<Record<string, readonly string[]>>) => ({
  'content-security-policy': Object.entries(policy)
    .map(([name, sources]) => [name, ...sources].join(' '))
    .join(';'),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
});
const OF_DATA = headersWith(NOTHING);
const OF_PAGES = headersWith(OWN);

/**
 * Adds the headers that isolate a page in browsers. A route's own header takes precedence.
 * @param pages prefix of the routes that are pages
 */
export function sendSecurityHeaders(fastify: FastifyInstance, pages: string): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(request.routeOptions.url?.startsWith(pages) ? OF_PAGES : OF_DATA);
    // Only over TLS (RFC 6797, section 7.2): on this connection, or at a trusted proxy.
    if (request.protocol === 'https') void reply.header('strict-transport-security', HSTS);
    done();
  });
}

/**
 * Forbids caching of private responses: to requests with a token, and to all but GET and HEAD. A route's own header
 * takes precedence, and so does a problem's (see `sendProblem`).
 */
export function keepPrivate(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ method, headers }, reply, done) => {
    if (headers.authorization !== undefined || (method !== 'GET' && method !== 'HEAD'))
      void reply.header('cache-control', 'no-store');
    done();
  });
}
