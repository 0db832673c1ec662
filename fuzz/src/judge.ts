// @ts-nocheck
import { faultsIn } from './schema.js';

/**
 * What is wrong with answers. Pure: a request, what it may be answered with, the answer.
 * @typedef {object} Request
 * @property {number} n
 * @property {import('./operations.js').Operation} operation
 * @property {string} kind how it was made, such as `body`
 * @property {string} [how] what was done to it
 * @property {string} actor @property {string} method @property {string} target path and query as they are sent
 * @property {Record<string, string | string[]>} headers
 * @property {Buffer} [body]
 * @property {Buffer} [raw] the bytes of a request that no client would write
 * @property {number[]} [expects] the statuses that it must have; absent: it fits the document, and only what it means
 * can be refused
 * @property {boolean} [outside] the document does not name what it gets: another method or path
 */

/** Refusals of the form: what fits the document gets none of them. */
const OF_THE_FORM = new Set([400, 413, 415, 417, 431]);
/** Answers to who asks, which a request of the right actor does not get. */
const OF_THE_CALLER = new Set([401, 403]);
/** May come at any time, with Retry-After. */
const LATER = new Set([429, 503]);
/** Of our own making, and nobody's business: text of an error inside. */
const LEAKS = /node_modules|\bat .+\(.+:\d+:\d+\)|prisma|SQLSTATE|ECONN|\bSELECT \b|\bINSERT INTO\b/i;

/**
 * Rules that JSON Schema cannot say and the document says in words: between fields, or against the clock. The fields
 * that a
 * request which fits may be refused for.
 */
const RULES_IN_WORDS = {
  'POST /flash-sales': /^(opensAt|closesAt|price\.currency)$/,
  'POST /coupons': /^(currency|expiresAt)$/,
};

/**
 * @param {Request} request @param {import('./transport.js').Answer} answer @param {object} document
 * @returns {string[]} none when all is well
 */
export function judge(request, answer, document) {
  if (answer.status === 0) return [`no answer: ${answer.error}`];
  return [...statusFaults(request, answer), ...headerFaults(request, answer), ...bodyFaults(request, answer, document)];
}

function statusFaults(request, { status, headers, text }) {
  const { operation, expects, outside, kind, actor } = request;
  if (status >= 500 && status !== 503) return [`answered ${status}`];
  const documented = operation.responses[status] !== undefined;
  if (!outside && !documented) return [`${status} is not in the document`];
  if (status === 401 && actor === 'leaver') return []; // another request of theirs has made the token void
  if (LATER.has(status)) return headers['retry-after'] ? [] : [`${status} without Retry-After`];
  if (expects)
    return expects.includes(status) ? [] : [`answered ${status} where ${expects.join(' or ')} was expected (${kind})`];
  if (OF_THE_FORM.has(status) && !isBusiness(request, status))
    return [`fits the document, and is refused with ${status}`];
  if (OF_THE_CALLER.has(status) && !isSignIn(operation) && actor !== 'leaver')
    return [`asked by ${actor}, answered ${status}`];
  const named = status === 422 ? formFaultsIn(text) : [];
  const unsaid = named.filter(({ path }) => !RULES_IN_WORDS[operation.key]?.test(path));
  return unsaid.length > 0
    ? [`fits the document, and is not valid: ${unsaid.map(({ path, message }) => `${path} ${message}`).join('; ')}`]
    : [];
}

/** A well-formed Last-Event-ID may still be none of that stream: 400. */
const isBusiness = ({ headers }, status) => status === 400 && headers['last-event-id'] !== undefined;
/** A wrong password is 401. */
const isSignIn = ({ secured }) => !secured;

/** What a 422 names of the request's form; a refusal of what it means names no fields. */
function formFaultsIn(text) {
  const { title, errors } = parsed(text) ?? {};
  return title === 'Not valid' && Array.isArray(errors) ? errors : [];
}

const ALWAYS = { 401: 'www-authenticate', 405: 'allow', 429: 'retry-after', 503: 'retry-after' };

function headerFaults({ operation, headers: given, method, outside }, { status, headers }) {
  const declared = outside ? {} : (operation.responses[status]?.headers ?? {});
  const missing = Object.entries(declared)
    .filter(([name, { required }]) => required && headers[name.toLowerCase()] === undefined)
    .map(([name]) => name);
  const wrong = Object.entries(declared).flatMap(([name, { schema }]) =>
    wrongHeader(name, schema, headers[name.toLowerCase()]),
  );
  const bare = ALWAYS[status] && headers[ALWAYS[status]] === undefined ? [ALWAYS[status]] : [];
  const isPage = !operation.secured && headers['cache-control']?.startsWith('public'); // the same for everybody
  const isPrivate =
    status >= 400 || !['GET', 'HEAD'].includes(method) || (given.authorization !== undefined && !isPage);
  const kept =
    isPrivate && headers['cache-control'] !== 'no-store' && !isStream(headers)
      ? ['answers of one person may be kept: no cache-control: no-store']
      : [];
  const unnamed = headers['x-correlation-id'] ? [] : ['no x-correlation-id'];
  return [...new Set([...missing, ...bare])].map((name) => `${status} without ${name}`).concat(wrong, kept, unnamed);
}

const isStream = (headers) => String(headers['content-type']).startsWith('text/event-stream');

function wrongHeader(name, schema, text) {
  if (text === undefined) return [];
  const value = schema.type === 'integer' && /^-?\d+$/.test(text) ? Number(text) : text;
  return faultsIn(value, schema, {}, name);
}

function bodyFaults({ operation, outside, method }, { status, headers, text }, document) {
  if (method === 'HEAD') return text === '' ? [] : ['HEAD with a body'];
  if (LEAKS.test(status >= 400 ? text : '')) return [`an error shows what is inside: ${text.slice(0, 200)}`];
  const type = String(headers['content-type'] ?? '').split(';')[0];
  if (status >= 400) return problemFaults({ type, status, text }, document);
  if (outside) return [];
  const content = operation.responses[status]?.content;
  if (!content) return status === 204 && text !== '' ? ['204 with a body'] : [];
  const declared = content[type];
  if (!declared) return [`${status} as ${type || 'nothing'}, which is not in the document`];
  return type === 'text/event-stream'
    ? eventsOf(text).flatMap((data) => jsonFaults(data, declared.schema, document))
    : jsonFaults(text, declared.schema, document);
}

function problemFaults({ type, status, text }, document) {
  if (type !== 'application/problem+json') return [`${status} as ${type || 'nothing'}, not as a problem`];
  const faults = jsonFaults(text, { $ref: '#/components/schemas/Problem' }, document);
  return parsed(text)?.status === status
    ? faults
    : [...faults, `a problem says ${parsed(text)?.status}, the answer ${status}`];
}

function jsonFaults(text, schema, document) {
  const value = parsed(text);
  return value === undefined ? [`no JSON: ${text.slice(0, 80)}`] : faultsIn(value, schema, document).slice(0, 5);
}

/** Whole events alone: the last one may have been cut off. */
export const eventsOf = (text) =>
  text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((event) => {
      const data = event
        .split('\n')
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).trim());
      return data.length > 0 ? [data.join('\n')] : [];
    });

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
