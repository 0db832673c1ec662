import { existsSync } from 'node:fs';
import path from 'node:path';
import type { FastifyStaticOptions } from '@fastify/static';
import { prefersHtml } from '@sluice/http-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Where the build of apps/web puts the page: here, and in the image of the gateway. */
const BUILT = path.resolve(import.meta.dirname, '../../../web/dist');

/** The paths of views; no route of the API begins with one of them. */
const VIEWS = ['/', ...['/shop', '/sale', '/keeper', '/machine'].flatMap((view) => [view, `${view}/*`])];

/** Nothing inline, nothing from elsewhere; the page never sends a form and is never framed. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join(';');

/** The names of assets contain a digest of their content: one name never has two contents. */
const ASSETS = { prefix: '/assets/', maxAge: '365d', immutable: true } as const;
/** The compressed files are beside the others; a cache between must not give one to a client that asked for another. */
const COMPRESSED: Pick<FastifyStaticOptions, 'preCompressed' | 'setHeaders'> = {
  preCompressed: true,
  setHeaders: (reply) => void reply.header('vary', 'accept-encoding'),
};

/**
 * Serves the page that `npm run build` has built.
 * @param demoUsers whom the page may sign in by one click; without any, nothing can be asked about them
 * @returns false: it is not built, and the API works without it
 */
export async function servePage(
  fastify: FastifyInstance,
  demoUsers: readonly object[],
  folder: string = BUILT,
): Promise<boolean> {
  if (!existsSync(path.join(folder, 'index.html'))) return false;
  const { default: files } = await import('@fastify/static');
  await fastify.register(files, { root: path.join(folder, 'assets'), ...ASSETS, ...COMPRESSED });
  const send = (reply: FastifyReply, cacheControl: string) =>
    reply
      .header('content-security-policy', POLICY)
      .header('cache-control', cacheControl)
      .sendFile('index.html', folder, { cacheControl: false });
  const sendPage = (_: FastifyRequest, reply: FastifyReply) => send(reply, 'no-cache');
  for (const url of VIEWS) fastify.get(url, sendPage);
  fastify.get('/favicon.svg', (_, reply) => reply.sendFile('favicon.svg', folder, { maxAge: '1d' }));
  if (demoUsers.length > 0) fastify.get('/page/settings', (_, reply) => reply.send({ demoUsers }));
  fastify.addHook('onRequest', async (request, reply) => {
    if (isNavigation(request)) return send(reply.status(404), 'no-store');
  });
  return true;
}

/** A browser that opens an address that does not exist is shown the page, which says so. It sends no token then. */
const isNavigation = ({ is404, method, headers }: FastifyRequest): boolean =>
  is404 && method === 'GET' && headers.authorization === undefined && prefersHtml(headers.accept);
