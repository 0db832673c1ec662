// @ts-nocheck
/**
 * What the shop has written down of its providers.
 * @typedef {object} Kept
 * @property {{ id: string, orderId: string, status: string, reference: string | null }[]} captures
 * @property {{ id: string, status: string }[]} texts by SMS
 */

/**
 * Compares what the providers were asked for with what the shop has written down: each capture, refund and text once.
 * @param {import('./providers.js').Books} books @param {Kept} kept
 * @returns {import('../judge.js').Finding[]} nothing, when they agree
 */
export function judgeProviders(books, kept) {
  return [
    ...Object.entries(books).flatMap(([resource, requests]) => judgeKeys(resource, requests)),
    ...judgeCaptures(books, kept),
    ...judgeRefunds(books, kept),
    ...judgeTexts(books, kept),
  ];
}

/** One key, one request: another body under it is another request, which the provider takes for the first. */
const judgeKeys = (resource, requests) =>
  requests
    .filter(({ others }) => others.length > 0)
    .map(({ key }) => found('doubled', `${resource}: key ${key} came with different bodies`));

const TAKEN = new Set(['captured', 'refunded']);

function judgeCaptures({ captures }, kept) {
  const rows = new Map(kept.captures.map((row) => [row.id, row]));
  const charged = new Map(captures.map((request) => [request.key, request]));
  return [
    ...captures
      .filter(({ key }) => !TAKEN.has(rows.get(key)?.status))
      .map(({ key }) =>
        found('lost', `card charged for capture ${key}, which payments has as ${rows.get(key)?.status ?? 'nothing'}`),
      ),
    ...kept.captures
      .filter(({ id, status }) => TAKEN.has(status) && !charged.has(id))
      .map(({ id, status }) => found('lost', `capture ${id} is ${status}, and no card was charged`)),
    ...ordersWithMany(captures, rows).map(([orderId, count]) =>
      found('doubled', `order ${orderId}: its card was charged ${count} times`),
    ),
  ];
}

function ordersWithMany(captures, rows) {
  const counts = new Map();
  for (const { key } of captures) {
    const orderId = rows.get(key)?.orderId;
    if (orderId) counts.set(orderId, (counts.get(orderId) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count > 1);
}

function judgeRefunds({ refunds }, kept) {
  const given = new Map();
  for (const { body } of refunds) {
    const { capture } = JSON.parse(body);
    given.set(capture, (given.get(capture) ?? 0) + 1);
  }
  const rows = new Map(kept.captures.filter(({ reference }) => reference !== null).map((row) => [row.reference, row]));
  return [
    ...[...given]
      .filter(([, count]) => count > 1)
      .map(([reference, count]) => found('doubled', `${reference} was given back ${count} times`)),
    ...[...given.keys()]
      .filter((reference) => rows.get(reference)?.status !== 'refunded')
      .map((reference) =>
        found(
          'lost',
          `${reference} was given back, and payments has it as ${rows.get(reference)?.status ?? 'nothing'}`,
        ),
      ),
    ...kept.captures
      .filter(({ status, reference }) => status === 'refunded' && !given.has(reference))
      .map(({ id }) => found('lost', `capture ${id} is refunded, and nothing was given back`)),
  ];
}

/** The text names the order and what became of it, so no person is to read the same one twice. */
function judgeTexts({ messages }, kept) {
  const bodies = new Set();
  const twice = messages.filter(({ body }) => bodies.size === bodies.add(body).size);
  const sent = new Set(messages.map(({ key }) => key));
  return [
    ...twice.map(({ body }) => found('doubled', `a person was sent this twice: ${body}`)),
    ...kept.texts
      .filter(({ id }) => !sent.has(id))
      .map(({ id }) => found('lost', `text ${id} is kept as sent, and the provider has not got it`)),
  ];
}

const found = (kind, what) => ({ kind, what, from: -Infinity, to: Infinity });
