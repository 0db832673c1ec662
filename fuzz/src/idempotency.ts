import type { Call } from './callers.js';
import type { CheckedClient } from './checked-client.js';
import type { HttpResponse } from './http-client.js';
import { IDEMPOTENCY_CASES, type IdempotencyCase } from './idempotency-cases.js';
import { parseJson } from './json.js';
import { takesHeader, type Operation } from './operations.js';
import type { FuzzRequest } from './request.js';
import { randomOf, type RequestGenerator } from './request-generator.js';

/** Fields that change by themselves, or are new in each response. */
const CHANGING = new Set(
  `status payBy secondsLeft paidAt refundedAt parcels reason cancellationRequestedAt warehouse discount total token
  expiresAt ahead etaSeconds state remaining held sold round queues unanswered dependencies moved left`.split(/\s+/),
);

/**
 * How the first response is lost: it arrives and is not checked; the connection is closed before it; the next request
 * does not wait for it.
 */
const LOSSES = ['unread', 'dropped', 'at once'];

/**
 * What creates something each time is repeated only with an Idempotency-Key: where the document has none, a repetition
 * is the caller's own risk.
 */
const BY_KEY = new Set(['POST /users', 'POST /orders', 'POST /flash-sales']);
/** Each hashes a password, 0.3 s of a core, and is therefore repeated less often. */
const COSTLY = new Set(['POST /users', 'POST /sessions']);
const COSTLY_WEIGHT = 0.2;

/** The operations that are repeated, and how often each. */
function weightsOf(operations: readonly Operation[]): Record<string, number> {
  const keys = operations
    .filter((operation) => !BY_KEY.has(operation.key) || takesHeader(operation, 'Idempotency-Key'))
    .map(({ key }) => key);
  const repeatable = Object.keys(IDEMPOTENCY_CASES).filter((key) => keys.includes(key));
  return Object.fromEntries(repeatable.map((key) => [key, COSTLY.has(key) ? COSTLY_WEIGHT : 1]));
}

/** Sends one request three times, loses the first response, and checks that the request had its effect once. */
export async function checkIdempotency(
  client: CheckedClient,
  generator: RequestGenerator,
  n: number,
  call: Call,
): Promise<void> {
  const random = randomOf(generator.seed, n);
  const key = random.weighted(weightsOf(client.shop.operations));
  const found = await IDEMPOTENCY_CASES[key]?.({ call, random, ...client.shop });
  if (!found) return;
  const { caller, target, body: json, headers = {}, check, ...rules } = found;
  const loss = random.pick(LOSSES);
  const operation = generator.operation(key);
  const draft = { operation, caller, method: operation.method, parameters: {}, query: [], json, headers, target };
  const request = generator.finish(n, 'again', { ...draft, how: `the first answer ${loss}` });
  for (const what of differences(await threeTimes(client, request, loss), rules)) client.fault(request, what);
  const wrong = await check?.();
  if (wrong) client.fault(request, wrong);
}

async function threeTimes(client: CheckedClient, request: FuzzRequest, loss: string): Promise<Responses> {
  const { http } = client;
  const first = loss === 'dropped' ? http.sendAndDisconnect(request).then(() => undefined) : http.send(request);
  if (loss !== 'at once') await first;
  const [second, third] = [await client.send(request), await client.send(request)];
  return [await first, second, third];
}

/** Undefined: the connection was closed before it. */
type Responses = readonly (Pick<HttpResponse, 'status' | 'text' | 'json'> | undefined)[];

/** How the responses to one request differ. Those that did not take it (429, 503) are not compared. */
export function differences(
  responses: Responses,
  { notTaken = [], isDone = () => false, roundOf = () => '' }: Omit<IdempotencyCase, 'caller' | 'target'> = {},
): string[] {
  const ignored = [0, 429, 503, ...notTaken];
  const taken = responses.flatMap((one) => (one && !ignored.includes(one.status) && !isDone(one) ? [one] : []));
  const refusal = taken.find(({ status }) => status < 200 || status >= 300);
  const statuses = taken.map(({ status }) => status).join(', ');
  if (refusal) return [`asked again, it is answered ${statuses}: ${refusal.text.slice(0, 150)}`];
  const [first, ...others] = taken
    .map(({ json }) => ({ round: roundOf(json), fields: lastingFieldsOf(json) }))
    .filter(({ fields }) => !isAccepted(fields));
  const other = others.find(({ round, fields }) => round === first?.round && fields !== first.fields);
  return first && other
    ? [`asked again, it says something else: ${first.fields.slice(0, 120)}, then ${other.fields.slice(0, 120)}`]
    : [];
}

const lastingFieldsOf = (json: unknown): string =>
  JSON.stringify(json, (name, value: unknown) => (CHANGING.has(name) ? undefined : value)) ?? '{}';

/** `202` names the resource and has nothing of it yet. */
const isAccepted = (fields: string): boolean => Object.keys(Object(parseJson(fields))).every((name) => name === 'id');
