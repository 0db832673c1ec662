import type { HttpResponse } from './http-client.js';
import { fieldOf, listOf, parseJson, textOf } from './json.js';
import type { OpenApi } from './operations.js';
import type { FuzzRequest } from './request.js';
import { faultsIn, type Schema } from './schema.js';

/** Refusals of a request's form: what fits the document gets none of them. */
const FORM_STATUSES = new Set([400, 413, 415, 417, 431]);
/** Refusals of the caller: a caller who may send the request gets none of them. */
const CALLER_STATUSES = new Set([401, 403]);
/** May come at any time, with Retry-After. */
const RETRY_STATUSES = new Set([429, 503]);
/** Text of an error inside the system, which no client may see. */
const INTERNALS = /node_modules|\bat .+\(.+:\d+:\d+\)|prisma|SQLSTATE|ECONN|\bSELECT \b|\bINSERT INTO\b/i;

/**
 * Rules that JSON Schema cannot express and the document has in words: between fields, or against the clock. By
 * operation, the fields that a request which fits may be refused for.
 */
const RULES_IN_WORDS: Readonly<Record<string, RegExp>> = {
  'POST /flash-sales': /^(opensAt|closesAt|price\.currency)$/,
  'POST /coupons': /^(currency|expiresAt)$/,
};

/** What in a response contradicts the document, or what its request expects; none when all is well. */
export function faultsOf(request: FuzzRequest, response: HttpResponse, document: OpenApi): string[] {
  if (response.status === 0) return [`no answer: ${response.error}`];
  return [
    ...statusFaults(request, response),
    ...headerFaults(request, response),
    ...bodyFaults(request, response, document),
  ];
}

function statusFaults(request: FuzzRequest, response: HttpResponse): string[] {
  const { operation, expects, outside, kind, caller } = request;
  const { status, headers } = response;
  if (status >= 500 && status !== 503) return [`answered ${status}`];
  if (!outside && !operation.responses[status]) return [`${status} is not in the document`];
  if (status === 401 && caller === 'leaver') return []; // another request of this caller has voided the token
  if (RETRY_STATUSES.has(status)) return headers['retry-after'] ? [] : [`${status} without Retry-After`];
  if (!expects) return fittingFaults(request, response);
  return expects.includes(status) ? [] : [`answered ${status} where ${expects.join(' or ')} was expected (${kind})`];
}

/** Of a request that fits the document. */
function fittingFaults({ operation, caller, headers }: FuzzRequest, { status, json }: HttpResponse): string[] {
  // A well-formed Last-Event-ID may still be none of that stream.
  const isUnknownEvent = status === 400 && headers['last-event-id'] !== undefined;
  if (FORM_STATUSES.has(status) && !isUnknownEvent) return [`fits the document, and is refused with ${status}`];
  const isSignIn = !operation.secured; // a wrong password is 401
  if (CALLER_STATUSES.has(status) && !isSignIn && caller !== 'leaver')
    return [`asked by ${caller}, answered ${status}`];
  const invalid = (status === 422 ? invalidFieldsIn(json) : []).filter(
    ({ path }) => !RULES_IN_WORDS[operation.key]?.test(path),
  );
  if (invalid.length === 0) return [];
  return [
    `fits the document, and is not valid: ${invalid.map(({ path, message }) => `${path} ${message}`).join('; ')}`,
  ];
}

/** The fields that a 422 names; a refusal by a business rule names none. */
const invalidFieldsIn = (problem: unknown): { path: string; message: string }[] =>
  textOf(problem, 'title') === 'Not valid'
    ? listOf(problem, 'errors').map((error) => ({
        path: String(fieldOf(error, 'path')),
        message: String(fieldOf(error, 'message')),
      }))
    : [];

/** Headers that a status requires, also where the document does not. */
const REQUIRED_HEADERS: Readonly<Record<number, string>> = {
  401: 'www-authenticate',
  405: 'allow',
  429: 'retry-after',
  503: 'retry-after',
};

function headerFaults(request: FuzzRequest, { status, headers }: HttpResponse): string[] {
  const { operation, outside } = request;
  const declared = Object.entries(outside ? {} : (operation.responses[status]?.headers ?? {}));
  const always = REQUIRED_HEADERS[status];
  const required = [
    ...declared.flatMap(([name, { required }]) => (required ? [name] : [])),
    ...(always === undefined ? [] : [always]),
  ];
  const missing = new Set(required.filter((name) => headers[name.toLowerCase()] === undefined));
  return [
    ...[...missing].map((name) => `${status} without ${name}`),
    ...declared.flatMap(([name, { schema }]) => headerValueFaults(name, schema, headers[name.toLowerCase()])),
    ...(mayBeCached(request, status, headers) ? ['answers of one person may be kept: no cache-control: no-store'] : []),
    ...(headers['x-correlation-id'] ? [] : ['no x-correlation-id']),
  ];
}

/** Whether a cache may keep the response to one caller, a change, or an error. */
function mayBeCached({ operation, method, headers: sent }: FuzzRequest, status: number, headers: Headers): boolean {
  const cacheControl = headers['cache-control'];
  const isPublic = !operation.secured && String(cacheControl).startsWith('public');
  const isRead = method === 'GET' || method === 'HEAD';
  const isPrivate = status >= 400 || !isRead || (sent.authorization !== undefined && !isPublic);
  return isPrivate && cacheControl !== 'no-store' && mediaTypeOf(headers) !== EVENT_STREAM;
}

type Headers = HttpResponse['headers'];
const EVENT_STREAM = 'text/event-stream';
const mediaTypeOf = (headers: Headers): string => String(headers['content-type'] ?? '').split(';')[0] ?? '';

function headerValueFaults(name: string, schema: Schema, value: Headers[string]): string[] {
  if (value === undefined) return [];
  const isInteger = schema !== true && schema.type === 'integer' && /^-?\d+$/.test(String(value));
  return faultsIn(isInteger ? Number(value) : value, schema, {}, name);
}

function bodyFaults(request: FuzzRequest, response: HttpResponse, document: OpenApi): string[] {
  const { operation, outside, method } = request;
  const { status, headers, text } = response;
  if (method === 'HEAD') return text === '' ? [] : ['HEAD with a body'];
  if (status === 404 && isNavigation(request) && mediaTypeOf(headers) === 'text/html') return [];
  if (status >= 400) return problemFaults(response, document);
  const type = mediaTypeOf(headers);
  const content = operation.responses[status]?.content;
  if (outside) return [];
  if (!content) return status === 204 && text !== '' ? ['204 with a body'] : [];
  const declared = content[type];
  if (!declared) return [`${status} as ${type || 'nothing'}, which is not in the document`];
  const bodies = type === EVENT_STREAM ? eventsOf(text) : [text];
  return bodies.flatMap((body) => jsonFaults(body, declared.schema, document));
}

/** A browser that opens an unknown address is shown the page, which says so. */
const isNavigation = ({ method, headers }: FuzzRequest): boolean =>
  method === 'GET' && headers.authorization === undefined && String(headers['accept']).includes('text/html');

function problemFaults({ status, headers, text, json }: HttpResponse, document: OpenApi): string[] {
  if (INTERNALS.test(text)) return [`an error shows what is inside: ${text.slice(0, 200)}`];
  const type = mediaTypeOf(headers);
  if (type !== 'application/problem+json') return [`${status} as ${type || 'nothing'}, not as a problem`];
  const named = fieldOf(json, 'status');
  return [
    ...jsonFaults(text, { $ref: '#/components/schemas/Problem' }, document),
    ...(named === status ? [] : [`a problem says ${named}, the answer ${status}`]),
  ];
}

function jsonFaults(text: string, schema: Schema, document: OpenApi): string[] {
  const value = parseJson(text);
  return value === undefined ? [`no JSON: ${text.slice(0, 80)}`] : faultsIn(value, schema, document).slice(0, 5);
}

/** The data of whole events alone: the last one may have been cut off. */
export const eventsOf = (text: string): string[] =>
  text
    .split('\n\n')
    .slice(0, -1)
    .map((event) => event.split('\n').filter((line) => line.startsWith('data:')))
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.slice('data:'.length).trim()).join('\n'));
