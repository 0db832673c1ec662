import type { FastifyInstance } from 'fastify';

interface Route {
  method: string;
  url: string;
}

const routesByServer = new WeakMap<object, Route[]>();

/** Records every route that is registered from now on. */
export function rememberRoutes(fastify: FastifyInstance): void {
  const routes: Route[] = [];
  routesByServer.set(fastify.server, routes);
  fastify.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, url });
  });
}

export const routesOf = (fastify: FastifyInstance): readonly Route[] => routesByServer.get(fastify.server) ?? [];

/** The methods of the path of `url`; empty when there is no such path. */
export function allowedMethods(fastify: FastifyInstance, url: string): string[] {
  const path = url.split('?')[0]!.split('/');
  const methods = routesOf(fastify)
    .filter((route) => matches(route.url.split('/'), path))
    .map(({ method }) => method);
  return [...new Set(methods)];
}

const matches = (template: string[], path: string[]): boolean =>
  template.length === path.length &&
  template.every((part, index) => (part.startsWith(':') ? path[index] !== '' : part === path[index]));
