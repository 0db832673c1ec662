import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA, RouteParamtypes } from '@nestjs/common/internal';
import { ACCEPTED, Problem } from '@sluice/contracts';
import { descriptionOf, type Description } from '@sluice/http-kit';
import {
  createDocument,
  type CreateDocumentOptions,
  type ZodOpenApiOperationObject,
  type ZodOpenApiParameters,
  type ZodOpenApiResponseObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { z } from 'zod';
import { accessOf } from '../web/auth.js';
import { isLimited } from '../web/rate-limits.js';
import { COMPONENTS } from './components.js';
import { headersOf } from './response-headers.js';

/** A route as its controller declares it. */
interface Route {
  method: string;
  path: string;
  handler: object;
  schemas: Schemas;
}
interface Schemas {
  body?: z.ZodType;
  query?: z.ZodObject;
  path?: z.ZodObject;
}

const DESCRIPTION =
  'Order processing over RabbitMQ. Money is integer cents, times are UTC. Every error is application/problem+json ' +
  '(RFC 9457). Any call may be 503 with Retry-After while what it needs is not reachable; asking again is safe.';

/**
 * Generates the OpenAPI 3.1 document from the schemas that validate the requests.
 * @throws Error for a route without `@Describe`
 */
export function openApiDocument(controllers: readonly Type[]): object {
  const routes = controllers.flatMap(routesOf);
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  const info = { title: 'Sluice', version: '1', description: DESCRIPTION };
  const token = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } as const;
  const components = { schemas: COMPONENTS, securitySchemes: { token } };
  return createDocument({ openapi: '3.1.0', info, paths, components }, { override: describeAcceptedInput });
}

/** Describes the accepted input also where zod checks it by code or after a transformation. */
const describeAcceptedInput: CreateDocumentOptions['override'] = ({ zodSchema, jsonSchema, io }) => {
  const accepted = io === 'input' ? ACCEPTED.get(zodSchema) : undefined;
  if (!accepted) return;
  if (accepted.enum) delete jsonSchema.pattern;
  Object.assign(jsonSchema, accepted);
};

function routesOf(controller: Type): Route[] {
  const prefix = String(Reflect.getMetadata(PATH_METADATA, controller) ?? '');
  const prototype = controller.prototype as Record<string, object>;
  return Object.getOwnPropertyNames(prototype)
    .filter((name) => Reflect.hasMetadata(METHOD_METADATA, prototype[name]!))
    .map((name) => ({
      ...addressOf(prefix, prototype[name]!),
      handler: prototype[name]!,
      schemas: schemasOf(controller, name),
    }));
}

function addressOf(prefix: string, handler: object): { method: string; path: string } {
  const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod].toLowerCase();
  const parts = [prefix, String(Reflect.getMetadata(PATH_METADATA, handler))]
    .flatMap((path) => path.split('/'))
    .filter(Boolean);
  return { method, path: `/${parts.map((part) => part.replace(/^:(.+)$/, '{$1}')).join('/')}` };
}

/** Nest stores `@Body({ schema })` and the like under `<kind>:<index>`. */
function schemasOf(controller: Type, name: string): Schemas {
  const declared = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as Record<
    string,
    { schema?: unknown }
  >;
  const of = (kind: RouteParamtypes): unknown =>
    Object.entries(declared).find(([key, { schema }]) => key.startsWith(`${kind}:`) && schema)?.[1].schema;
  return {
    body: of(RouteParamtypes.BODY) as z.ZodType,
    query: of(RouteParamtypes.QUERY) as z.ZodObject,
    path: of(RouteParamtypes.PARAM) as z.ZodObject,
  };
}

function operation({ method, path, handler, schemas }: Route): ZodOpenApiOperationObject {
  const description = descriptionOf(handler);
  if (!description) throw new Error(`${method.toUpperCase()} ${path} has no @Describe`);
  const { isPublic, role } = accessOf(handler);
  return {
    summary: role ? `${description.summary} (${role})` : description.summary,
    tags: [path.split('/')[1]!],
    ...(!isPublic && { security: [{ token: [] }] }),
    requestParams: parametersOf(schemas, description),
    ...(schemas.body && { requestBody: bodyOf(schemas.body) }),
    responses: responsesOf(path, { ...commonProblems(method, path, isPublic, role, schemas), ...description.answers }),
  };
}

const bodyOf = (schema: z.ZodType) => ({
  required: !schema.safeParse(undefined).success,
  content: { 'application/json': { schema } },
});

const parametersOf = ({ query, path }: Schemas, { headers }: Description): ZodOpenApiParameters => ({
  ...(query && { query }),
  ...(path && { path }),
  ...(headers && { header: headers }),
});

/** Routes that need neither the broker nor a service. */
const WITHOUT_SERVICES = new Set(['/healthz', '/busy']);

/** Responses that follow from what a route requires. */
function commonProblems(
  method: string,
  path: string,
  isPublic: boolean,
  role: string | undefined,
  { body, query }: Schemas,
): Description['answers'] {
  const answers: Description['answers'] = {
    400: 'Not well-formed: the address, the headers, or a body that is no JSON in UTF-8',
    417: 'Another expectation than 100-continue',
    431: 'Too many or too large headers',
  };
  if (method !== 'get')
    Object.assign(answers, {
      413: 'A body of more than 64 kB',
      415: 'A body that is no application/json in UTF-8, or has a content coding',
    });
  if (!WITHOUT_SERVICES.has(path))
    answers[503] = 'What it needs is not reachable: asking again is safe, after Retry-After seconds';
  if (!isPublic) answers[401] = 'No valid token';
  if (role) answers[403] = `Only for the role ${role}`;
  if (body || query) answers[422] = 'What is not valid, field by field';
  if (isLimited(path)) answers[429] = 'Too many requests: come again after Retry-After seconds';
  return answers;
}

function responsesOf(path: string, answers: Description['answers']): ZodOpenApiResponsesObject {
  const entries = Object.entries(answers).map(([status, answer]) => {
    const headers = headersOf(path, Number(status));
    return [status, { headers, ...responseOf(status, answer) }];
  });
  return Object.fromEntries(entries) as ZodOpenApiResponsesObject;
}

function responseOf(status: string, answer: Description['answers'][number]): ZodOpenApiResponseObject {
  const as = (description: string, type: string, schema: z.ZodType) => ({
    description,
    content: { [type]: { schema } },
  });
  if (typeof answer === 'object' && 'eachIs' in answer)
    return as('Server-sent events; this is the data of each', 'text/event-stream', answer.eachIs);
  if (typeof answer !== 'string') return as('As asked', 'application/json', answer);
  return Number(status) < 400 ? { description: answer } : as(answer, 'application/problem+json', Problem);
}
