// @ts-nocheck
import { RECIPES } from './recipes.js';
import { randomOf } from './requests.js';

/** What goes on by itself, or is made anew for each answer. */
const MOVES = new Set([
  'status',
  'payBy',
  'secondsLeft',
  'paidAt',
  'refundedAt',
  'parcels',
  'reason',
  'cancellationRequestedAt',
  'warehouse',
  'discount',
  'total',
  'token',
  'expiresAt',
  'ahead',
  'etaSeconds',
  'state',
  'remaining',
  'held',
  'sold',
  'round',
  'queues',
  'unanswered',
  'dependencies',
  'moved',
  'left',
]);

/**
 * How an answer is withheld: it comes and is not looked at; the connection is gone before it; the next one does not
 * wait for it.
 */
const WITHHELD = ['unread', 'dropped', 'at once'];

const takesKey = ({ parameters }) => parameters.some(({ name }) => name === 'Idempotency-Key');
/**
 * What makes something new each time is only asked again by a key: where the document knows none, that is the caller's
 * own risk.
 */
const BY_KEY = new Set(['POST /users', 'POST /orders', 'POST /flash-sales']);
/** Of each a password is hashed: a core takes 0.3 s. */
const COSTLY = new Set(['POST /users', 'POST /sessions']);

/** @returns {Record<string, number>} the operations that are asked again, and how often */
function repeatable({ byKey }) {
  const there = Object.keys(RECIPES).filter((key) => byKey[key] && (!BY_KEY.has(key) || takesKey(byKey[key])));
  return Object.fromEntries(there.map((key) => [key, COSTLY.has(key) ? 0.2 : 1]));
}

/**
 * Sends the same request three times, the first answer withheld: the second and the third are alike, and it was done
 * once.
 * @param {import('./session.js').Session} session
 * @param {import('./requests.js').Requests} requests
 * @param {number} n
 * @param {import('./recipes.js').Tools['call']} call
 */
export async function repeat(session, requests, n, call) {
  const random = randomOf(requests.seed, n);
  const operation = requests.byKey[random.weighted(repeatable(requests))];
  const fresh = await RECIPES[operation.key]({ call, random, world: session.world, actors: requests.actors });
  if (!fresh) return;
  const { actor, target, body, headers = {}, after, ...allowed } = fresh;
  const how = random.pick(WITHHELD);
  const request = {
    ...requests.finished({
      n,
      kind: 'again',
      how: `the first answer ${how}`,
      operation,
      actor,
      method: operation.method,
      parameters: {},
      query: [],
      json: body,
      headers,
      target,
    }),
    method: operation.method,
  };
  const first = withheld(session, request, how);
  if (how !== 'at once') await first;
  const [second, third] = [await session.ask(request), await session.ask(request)];
  const seen = await first;
  for (const what of differences([seen, second, third], allowed)) session.fault(request, what);
  const wrong = await after?.();
  if (wrong) session.fault(request, wrong);
}

async function withheld({ transport }, request, how) {
  if (how === 'dropped') return void (await transport.drop(request));
  const answer = await transport.send(request);
  return { ...answer, json: safeParse(answer.text) };
}

/**
 * How the answers to one request differ; nothing is compared with one that was to come later (429, 503).
 * @param {({ status: number, text: string, json: any } | undefined)[]} answers
 * @param {{ turnedAway?: number[], same?: (answer: any) => boolean, roundOf?: (json: any) => string }} [allowed]
 * turnedAway: statuses by which it was not taken; same: a refusal that says that it is done; roundOf: answers of another
 * round are about another thing
 */
export function differences(answers, { turnedAway = [], same = () => false, roundOf = () => '' } = {}) {
  const none = [0, 429, 503, ...turnedAway];
  const told = answers.filter((answer) => answer && !none.includes(answer.status) && !same(answer));
  const bad = told.find(({ status }) => status < 200 || status >= 300);
  const statuses = told.map(({ status }) => status).join(', ');
  if (bad) return [`asked again, it is answered ${statuses}: ${String(bad.text).slice(0, 150)}`];
  const shapes = told.map(({ json }) => ({ round: roundOf(json), shape: shapeOf(json) }));
  const first = shapes.find(({ shape }) => !isOnTheWay(shape));
  const other = shapes.find(({ round, shape }) => !isOnTheWay(shape) && round === first.round && shape !== first.shape);
  return other
    ? [`asked again, it says something else: ${first.shape.slice(0, 120)}, then ${other.shape.slice(0, 120)}`]
    : [];
}

const shapeOf = (json) => JSON.stringify(json, (name, value) => (MOVES.has(name) ? undefined : value));

/** `202` names the resource and nothing of it yet. */
const isOnTheWay = (shape) => shape === undefined || Object.keys(safeParse(shape) ?? {}).every((name) => name === 'id');

function safeParse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
