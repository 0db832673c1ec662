import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomOf } from './requests.mjs';

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
const READY_WITHIN_MS = 10_000;

/**
 * How an answer is withheld: it comes and is not looked at; the connection is gone before it; the next one does not
 * wait for it.
 */
const WITHHELD = ['unread', 'dropped', 'at once'];

const key = () => ({ 'idempotency-key': randomUUID() });
const address = { name: 'Ada Byron', street: '12 Analytical Row', city: 'London', postcode: 'N1 7AA', country: 'GB' };
const inSeconds = (seconds) => new Date(Date.now() + seconds * 1_000).toISOString();

/**
 * What is asked again, of every operation that changes something: a fresh one of its kind, and what must be true
 * afterwards.
 * @type {Record<string, (tools: Tools) => Promise<{ actor: string, target: string, body?: object, headers?: object,
 * turnedAway?: number[], same?: (answer: any) => boolean, after?: () => Promise<string | undefined> } | undefined>>}
 * @typedef {{ call: (method: string, target: string, options?: object) => Promise<{ status: number, json: any }>,
 * random: import('../chaos/random.mjs').Random, world: import('./world.mjs').World, actors:
 * import('./actors.mjs').Actors }} Tools
 */
const RECIPES = {
  'POST /users': async ({ random }) => ({
    actor: 'anonymous',
    target: '/users',
    headers: key(),
    body: {
      phone: `+1777${String(random.between(0, 1e9)).padStart(10, '0')}`,
      name: 'Twice',
      password: 'correct horse battery',
    },
  }),
  'POST /sessions': async ({ actors, random }) => ({
    actor: 'anonymous',
    target: '/sessions',
    body: random.pick(actors.accounts),
  }),
  'PUT /products/{sku}': async () => ({
    actor: 'admin',
    target: `/products/${sku()}`,
    body: { name: 'Twice', price: { amount: 100, currency: 'USD' } },
  }),
  'POST /products/{sku}/receipts': freshReceipt,
  'POST /orders': freshOrder,
  'POST /orders/{id}/payment': async (tools) => {
    const fresh = await ofOrder(tools, 'payment', { card: '4242424242424242' });
    return fresh && { ...fresh, same: isAlreadyPaid };
  },
  'POST /orders/{id}/cancellation': (tools) => ofOrder(tools, 'cancellation'),
  'POST /parcels/{id}/dispatch': (tools) => ofParcel(tools, 'dispatch'),
  'POST /parcels/{id}/delivery': (tools) => ofParcel(tools, 'delivery'),
  'POST /coupons': async () => ({
    actor: 'admin',
    target: '/coupons',
    body: { code: sku(), kind: 'percent', value: 5, expiresAt: inSeconds(3_600) },
  }),
  'POST /flash-sales': freshSale,
  'POST /flash-sales/{id}/claims': freshClaim,
};

/** Whoever pays again is told that it is paid. */
const isAlreadyPaid = ({ status, json }) => status === 409 && json?.title === 'Already paid';

const sku = () => `F-${randomUUID().slice(0, 18).toUpperCase()}`;

async function freshReceipt({ call }) {
  const name = sku();
  await call('PUT', `/products/${name}`, {
    actor: 'admin',
    body: { name: 'Counted', price: { amount: 100, currency: 'USD' } },
  });
  const after = async () => {
    const { json } = await call('GET', `/products/${name}`);
    return json.available === 7 ? undefined : `7 pieces were received, and there are ${json.available}`;
  };
  return {
    actor: 'admin',
    target: `/products/${name}/receipts`,
    body: { warehouse: 'east', quantity: 7, reference: randomUUID() },
    after,
  };
}

async function freshOrder({ random, actors, world }) {
  const actor = random.pick(actors.customers);
  const line = { sku: world.pick('product', random, ({ value }) => value.startsWith('FUZZ')).value, quantity: 1 };
  return { actor, target: '/orders', headers: key(), body: { lines: [line], address } };
}

/** An order that waits for its payment. */
async function ofOrder(tools, what, body) {
  const { actor, target, headers, body: order } = await freshOrder(tools);
  const { json } = await tools.call('POST', target, { actor, headers, body: order });
  if (!json?.id) return undefined;
  const ready = await until(
    async () => (await tools.call('GET', `/orders/${json.id}`, { actor })).json?.status === 'awaiting_payment',
  );
  return ready ? { actor, target: `/orders/${json.id}/${what}`, body } : undefined;
}

/** One that its carrier has taken already is dispatched again: twice is once. */
async function ofParcel({ world, random, call }, what) {
  const parcel = world.pick('parcel', random);
  if (!parcel) return undefined;
  const there = await until(
    async () => (await call('GET', `/parcels/${parcel.value}`, { actor: 'admin' })).json?.status === 'delivered',
  );
  return there ? { actor: 'admin', target: `/parcels/${parcel.value}/${what}` } : undefined;
}

/** In the currency of its product, which other requests may have changed. */
async function freshSale({ call, world, random }) {
  const { value } = world.pick('product', random, ({ value: name }) => name.startsWith('FUZZ'));
  const { json: product } = await call('GET', `/products/${value}`);
  const price = { amount: 100, currency: product.price.currency };
  const times = { opensAt: inSeconds(-1), closesAt: inSeconds(3_600), payWithinSeconds: 1_800 };
  const body = { sku: value, price, quantity: 2, ...times, perUser: 1 };
  return { actor: 'admin', target: '/flash-sales', headers: key(), body };
}

/** In a sale that has more than anybody claims, so that every claim gets its ticket. */
async function freshClaim({ world, random, call, actors }) {
  const sale = world.pick('sale', random);
  const open = sale && (await call('GET', `/flash-sales/${sale.value}`)).json?.state === 'open';
  return open
    ? {
        actor: random.pick(actors.customers),
        target: `/flash-sales/${sale.value}/claims`,
        body: { address },
        turnedAway: [410, 425],
      }
    : undefined;
}

async function until(holds) {
  for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end; await sleep(100)) if (await holds()) return true;
  return false;
}

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
 * @param {import('./session.mjs').Session} session
 * @param {import('./requests.mjs').Requests} requests
 * @param {number} n
 * @param {Tools['call']} call
 */
export async function repeat(session, requests, n, call) {
  const random = randomOf(requests.seed, n);
  const operation = requests.byKey[random.weighted(repeatable(requests))];
  const fresh = await RECIPES[operation.key]({ call, random, world: session.world, actors: requests.actors });
  if (!fresh) return;
  const { actor, target, body, headers = {}, after, turnedAway = [], same = () => false } = fresh;
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
  for (const what of differences([seen, second, third], { turnedAway, same })) session.fault(request, what);
  const wrong = await after?.();
  if (wrong) session.fault(request, wrong);
}

async function withheld({ transport }, request, how) {
  if (how === 'dropped') return void (await transport.drop(request));
  const answer = await transport.send(request);
  return { ...answer, json: safeParse(answer.text) };
}

const isGood = ({ status }) => status >= 200 && status < 300;

/**
 * How the answers to one request differ; nothing is compared with one that was to come later (429, 503).
 * @param {({ status: number, text: string, json: any } | undefined)[]} answers
 * @param {{ turnedAway?: number[], same?: (answer: any) => boolean }} [allowed] turnedAway: statuses by which it was
 * not taken; same: a refusal that says that it is done
 */
export function differences(answers, { turnedAway = [], same = () => false } = {}) {
  const told = answers.filter(
    (answer) => answer && ![0, 429, 503, ...turnedAway].includes(answer.status) && !same(answer),
  );
  const bad = told.find((answer) => !isGood(answer));
  if (bad)
    return [
      `asked again, it is answered ${told.map(({ status }) => status).join(', ')}: ${String(bad.text).slice(0, 150)}`,
    ];
  const shapes = [
    ...new Set(told.map(({ json }) => JSON.stringify(json, (name, value) => (MOVES.has(name) ? undefined : value)))),
  ].filter((shape) => !isOnTheWay(shape));
  return shapes.length > 1
    ? [`asked again, it says something else: ${shapes[0].slice(0, 120)} and ${shapes[1].slice(0, 120)}`]
    : [];
}

/** `202` names the resource and nothing of it yet. */
const isOnTheWay = (shape) => shape === undefined || Object.keys(safeParse(shape) ?? {}).every((name) => name === 'id');

function safeParse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
