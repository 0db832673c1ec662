import { randomUUID } from 'node:crypto';
import type { Random } from '@sluice/chaos/random';
import { ADDRESS, CARD } from '@sluice/stack/shop-client';
import { until } from '@sluice/stack/until';
import { PASSWORD, type Call } from './callers.js';
import type { HttpResponse } from './http-client.js';
import { fieldOf, textOf } from './json.js';
import { inSeconds } from './likely-values.js';
import { SKUS } from './products.js';
import type { Shop } from './shop.js';

const READY_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 100;

/** A request that is sent more than once, and what must hold of it. */
export interface IdempotencyCase {
  readonly caller: string;
  readonly target: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses of a response that did not take the request. */
  readonly notTaken?: readonly number[];
  /** A refusal because it is done already. */
  readonly isDone?: (response: Pick<HttpResponse, 'status' | 'json'>) => boolean;
  /** Responses of different rounds need not be alike. */
  readonly roundOf?: (json: unknown) => string;
  /** After all of them: what is wrong. */
  readonly check?: () => Promise<string | undefined>;
}

interface Tools extends Pick<Shop, 'resources' | 'callers'> {
  readonly call: Call;
  readonly random: Random;
}

/** By operation that changes something, a new case; undefined: none can be made now. */
export const IDEMPOTENCY_CASES: Readonly<Record<string, (tools: Tools) => Promise<IdempotencyCase | undefined>>> = {
  'POST /users': async ({ random }) => {
    const phone = `+1777${String(random.between(0, 1e9)).padStart(10, '0')}`;
    const body = { phone, name: 'Twice', password: PASSWORD };
    return { caller: 'anonymous', target: '/users', headers: newKey(), body };
  },
  'POST /sessions': async ({ callers, random }) => ({
    ...{ caller: 'anonymous', target: '/sessions' },
    body: random.pick(callers.accounts),
  }),
  'PUT /products/{sku}': async () => ({
    ...{ caller: 'admin', target: `/products/${newSku()}` },
    body: { name: 'Twice', price: PRICE },
  }),
  'POST /products/{sku}/receipts': newReceipt,
  'POST /orders': newOrder,
  'POST /orders/{id}/payment': async (tools) => {
    const payment = await ofOrder(tools, 'payment', { card: CARD });
    const isDone: IdempotencyCase['isDone'] = ({ status, json }) =>
      status === 409 && textOf(json, 'title') === 'Already paid';
    return payment && { ...payment, isDone };
  },
  'POST /orders/{id}/cancellation': (tools) => ofOrder(tools, 'cancellation'),
  'POST /parcels/{id}/dispatch': (tools) => ofParcel(tools, 'dispatch'),
  'POST /parcels/{id}/delivery': (tools) => ofParcel(tools, 'delivery'),
  'POST /coupons': async () => ({
    ...{ caller: 'admin', target: '/coupons' },
    body: { code: newSku(), kind: 'percent', value: 5, expiresAt: inSeconds(3_600) },
  }),
  'POST /flash-sales': newSale,
  'POST /flash-sales/{id}/close': closableSale,
  'POST /flash-sales/{id}/claims': newClaim,
};

const PRICE = { amount: 100, currency: 'USD' };
const newKey = (): Record<string, string> => ({ 'idempotency-key': randomUUID() });
const newSku = (): string => `F-${randomUUID().slice(0, 18).toUpperCase()}`;

async function newReceipt({ call }: Tools): Promise<IdempotencyCase> {
  const product = `/products/${newSku()}`;
  await call('PUT', product, { caller: 'admin', body: { name: 'Counted', price: PRICE } });
  const check = async (): Promise<string | undefined> => {
    const available = fieldOf((await call('GET', product)).json, 'available');
    return available === 7 ? undefined : `7 pieces were received, and there are ${available}`;
  };
  const body = { warehouse: 'east', quantity: 7, reference: randomUUID() };
  return { caller: 'admin', target: `${product}/receipts`, body, check };
}

async function newOrder({ random, callers }: Tools): Promise<IdempotencyCase> {
  const caller = random.pick(callers.customers);
  const line = { sku: random.pick(SKUS), quantity: 1 };
  return { caller, target: '/orders', headers: newKey(), body: { lines: [line], address: ADDRESS } };
}

/** Of an order that waits for its payment. */
async function ofOrder(tools: Tools, what: string, body?: object): Promise<IdempotencyCase | undefined> {
  const { call } = tools;
  const { caller, target, ...order } = await newOrder(tools);
  const id = textOf((await call('POST', target, { caller, ...order })).json, 'id');
  if (id === undefined) return undefined;
  const isReady = await becomes('awaiting_payment', () => call('GET', `/orders/${id}`, { caller }));
  return isReady ? { caller, target: `/orders/${id}/${what}`, ...(body && { body }) } : undefined;
}

/** Of a parcel that its carrier has delivered: dispatching it again has no effect. */
async function ofParcel({ resources, random, call }: Tools, what: string): Promise<IdempotencyCase | undefined> {
  const parcel = resources.pick('parcel', random);
  if (!parcel) return undefined;
  const [caller, target] = ['admin', `/parcels/${parcel.value}`];
  const isReady = await becomes('delivered', () => call('GET', target, { caller }));
  return isReady ? { caller, target: `${target}/${what}` } : undefined;
}

/** In the currency of its product, which other requests may have changed. */
async function newSale({ call, random }: Tools): Promise<IdempotencyCase> {
  const sku = random.pick(SKUS);
  const currency = textOf((await call('GET', `/products/${sku}`)).json, 'price', 'currency');
  const times = { opensAt: inSeconds(-1), closesAt: inSeconds(3_600), payWithinSeconds: 1_800 };
  const body = { sku, price: { amount: 100, currency }, quantity: 2, ...times, perUser: 1 };
  return { caller: 'admin', target: '/flash-sales', headers: newKey(), body };
}

/** A sale of its own: nobody claims in it meanwhile. */
async function closableSale(tools: Tools): Promise<IdempotencyCase | undefined> {
  const { caller, target, ...sale } = await newSale(tools);
  const id = textOf((await tools.call('POST', target, { caller, ...sale })).json, 'id');
  return id === undefined ? undefined : { caller, target: `/flash-sales/${id}/close` };
}

/** In a sale that has more than anybody claims, so that every claim gets its ticket. */
async function newClaim({ resources, random, call, callers }: Tools): Promise<IdempotencyCase | undefined> {
  const sale = resources.pick('sale', random);
  const state = sale && textOf((await call('GET', `/flash-sales/${sale.value}`)).json, 'state');
  if (!sale || state !== 'open') return undefined;
  return {
    caller: random.pick(callers.customers),
    target: `/flash-sales/${sale.value}/claims`,
    body: { address: ADDRESS },
    notTaken: [410, 425],
    roundOf: (json) => String(textOf(json, 'ticket')).split('.', 1)[0] ?? '',
  };
}

async function becomes(status: string, look: () => Promise<HttpResponse>): Promise<boolean> {
  const isThere = async (): Promise<boolean> => textOf((await look()).json, 'status') === status;
  return (await until(isThere, { withinMs: READY_WITHIN_MS, everyMs: LOOK_EVERY_MS })) === true;
}
