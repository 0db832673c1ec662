// @ts-nocheck
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@sluice/stack/failure';

const CUSTOMER = { phone: '+10000000001', password: 'customer-password' };
const CARD_THAT_PAYS = '4242424242424242';
const ADDRESS = { name: 'Ada Lovelace', street: '12 Market Street', city: 'London', postcode: 'N1 9GU', country: 'GB' };
/** The seed may still be on its way between the services when the first order is placed. */
const SEEDED_WITHIN_MS = 30_000;
const STATE_WITHIN_MS = 60_000;

/**
 * Sells one order as any client would, over HTTP.
 * @param {string} url of the gateway @param {(what: string) => void} tell
 * @returns {Promise<{ order: any, events: { at: string, type: string, detail?: unknown }[] }>} the completed order and its timeline
 */
export async function sellOneOrder(url, note) {
  const shop = client(url);
  note('signing in');
  const { token } = await until(
    SEEDED_WITHIN_MS,
    () => shop('POST', '/sessions', CUSTOMER),
    ({ status }) => status === 201,
  );
  const customer = client(url, token);
  note('placing an order');
  const { items } = await until(
    SEEDED_WITHIN_MS,
    () => customer('GET', '/products'),
    ({ body }) => body.items?.some(({ available }) => available > 0),
  );
  const line = { sku: items.find(({ available }) => available > 0).sku, quantity: 2 };
  const order = { lines: [line], address: ADDRESS };
  const key = { 'idempotency-key': randomUUID() }; // the same on every try, so that it is one order
  const place = () => customer('POST', '/orders', order, key);
  const { id } = await until(SEEDED_WITHIN_MS, place, ({ status }) => status === 201);
  const reaches = (wanted) =>
    until(
      STATE_WITHIN_MS,
      () => customer('GET', `/orders/${id}`),
      ({ body }) => body.status === wanted,
    );
  note('waiting until it can be paid');
  await reaches('awaiting_payment');
  note('paying');
  await until(
    STATE_WITHIN_MS,
    () => customer('POST', `/orders/${id}/payment`, { card: CARD_THAT_PAYS }),
    ({ status }) => status === 200 || status === 202,
  );
  note('waiting for its parcels');
  const completed = await reaches('completed');
  const { events } = await until(
    STATE_WITHIN_MS,
    () => customer('GET', `/orders/${id}/timeline`),
    ({ status }) => status === 200,
  );
  note(`${id} is completed`);
  return { order: completed, events };
}

function client(url, token) {
  return async (method, path, body, more = {}) => {
    const headers = {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...more,
    };
    const answer = await fetch(url + path, {
      method,
      headers,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    return { asked: `${method} ${path}`, status: answer.status, body: text ? JSON.parse(text) : {} };
  };
}

/** Asks until the answer is good, and gives its body. */
async function until(withinMs, ask, good) {
  let last = 'no answer';
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(100)) {
    const answer = await ask().catch((error) => void (last = error.message));
    if (answer && good(answer)) return answer.body;
    if (answer)
      last = `${answer.asked} answered ${answer.status} ${answer.body.title ?? answer.body.status ?? ''}`.trim();
  }
  throw new Failure(`the demo order got stuck: ${last}`, 'The services say why in .sluice/logs/');
}

/** @returns {string[]} the timeline as lines: the time since the first event, and what happened */
export function timelineLines(events) {
  const [first] = events;
  return events.map(({ at, type, detail }) => {
    const after = `${((Date.parse(at) - Date.parse(first.at)) / 1000).toFixed(2)} s`.padStart(8);
    const told =
      detail && Object.keys(detail).length > 0
        ? `  ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`
        : '';
    return `  ${after}  ${type.padEnd(20)}${told}`.trimEnd().slice(0, 160);
  });
}
