// @ts-nocheck
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SKUS } from './goods.js';

const READY_WITHIN_MS = 10_000;

const key = () => ({ 'idempotency-key': randomUUID() });
const address = { name: 'Ada Byron', street: '12 Analytical Row', city: 'London', postcode: 'N1 7AA', country: 'GB' };
const inSeconds = (seconds) => new Date(Date.now() + seconds * 1_000).toISOString();

/**
 * What is asked again, of every operation that changes something: a fresh one of its kind, and what must be true
 * afterwards.
 * @type {Record<string, (tools: Tools) => Promise<{ actor: string, target: string, body?: object, headers?: object,
 * turnedAway?: number[], same?: (answer: any) => boolean, roundOf?: (json: any) => string,
 * after?: () => Promise<string | undefined> } | undefined>>}
 * @typedef {{ call: (method: string, target: string, options?: object) => Promise<{ status: number, json: any }>,
 * random: import('@sluice/chaos/random').Random, world: import('./world.js').World, actors:
 * import('./actors.js').Actors }} Tools
 */
export const RECIPES = {
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
  'POST /flash-sales/{id}/close': closable,
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

async function freshOrder({ random, actors }) {
  const actor = random.pick(actors.customers);
  const line = { sku: random.pick(SKUS), quantity: 1 };
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
async function freshSale({ call, random }) {
  const value = random.pick(SKUS);
  const { json: product } = await call('GET', `/products/${value}`);
  const price = { amount: 100, currency: product.price.currency };
  const times = { opensAt: inSeconds(-1), closesAt: inSeconds(3_600), payWithinSeconds: 1_800 };
  const body = { sku: value, price, quantity: 2, ...times, perUser: 1 };
  return { actor: 'admin', target: '/flash-sales', headers: key(), body };
}

/** A sale of its own: nobody claims in it meanwhile. */
async function closable(tools) {
  const { actor, target, body, headers } = await freshSale(tools);
  const { json } = await tools.call('POST', target, { actor, body, headers });
  return json?.id && { actor, target: `/flash-sales/${json.id}/close` };
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
        roundOf: ({ ticket }) => String(ticket).split('.', 1)[0],
      }
    : undefined;
}

async function until(holds) {
  for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end; await sleep(100)) if (await holds()) return true;
  return false;
}
