// @ts-nocheck
/**
 * @typedef {object} Stored what the databases hold at the end
 * @property {{ id: string, userId: string, status: string, reason: string | null, saleId: string | null }[]} orders
 * @property {{ orderId: string, taken: number, kept: number }[]} money by order: how many captures took money, and how many kept it
 *
 * @typedef {{ kind: 'lost' | 'doubled', what: string, from: number, to: number }} Finding from, to: when the client waited (ms since the epoch)
 */

/** Whether an order has ended as its customer meant it. What was not answered in time may have met the end of the payment window. */
const AS_MEANT = {
  pay: ({ status, reason }) => status === 'completed' || (status === 'cancelled' && reason === 'payment_timeout'),
  leave: ({ status, reason }) => status === 'cancelled' && reason === 'payment_timeout',
  cancel: ({ status, reason }) => status === 'cancelled' && ['customer', 'payment_timeout'].includes(reason),
  'pay-and-cancel': ({ status, reason }) =>
    status === 'completed' || (status === 'cancelled' && ['customer', 'payment_timeout'].includes(reason)),
};

/**
 * Compares what clients were promised with what there is.
 * @param {{ orders: import('./ledger.js').OrderEntry[], claims: import('./ledger.js').ClaimEntry[] }} ledger @param {Stored} stored
 * @returns {Finding[]} nothing, when every promise was kept once
 */
export function judge({ orders, claims }, stored) {
  const known = {
    orders: new Map(stored.orders.map((order) => [order.id, order])),
    money: new Map(stored.money.map((money) => [money.orderId, money])),
  };
  const promised = [
    ...orders.flatMap((entry) => judgeOrder(entry, known)),
    ...claims.flatMap((entry) => judgeClaim(entry, known)),
  ];
  return [...promised, ...unasked(orders, stored), ...soldTwice(stored)];
}

/** How many meant to pay and could not before the window ended; what was taken all the same was given back. */
export const tooLate = ({ orders }, stored) => {
  const cancelled = new Set(stored.orders.filter(({ status }) => status === 'cancelled').map(({ id }) => id));
  return orders.filter(({ wish, id }) => wish === 'pay' && cancelled.has(id)).length;
};

function judgeOrder(entry, { orders, money }) {
  const [lost, doubled] = findingsOf(entry, `order ${entry.id ?? `with key ${entry.key}`} (${entry.wish})`);
  const order = orders.get(entry.id);
  const found = entry.ids.size > 1 ? [doubled(`one key made ${[...entry.ids].join(' and ')}`)] : [];
  if (entry.trouble) return [...found, lost(`${entry.trouble}; it is ${order?.status ?? 'not there'}`)];
  if (!order) return [...found, lost('accepted, and not there')];
  if (order.status !== entry.end) found.push(lost(`its customer was told ${entry.end}, and it is ${order.status}`));
  if (entry.seenPaid && order.reason === 'payment_timeout')
    found.push(lost('its customer saw it paid, and it was cancelled as unpaid'));
  if (!answeredTruly(entry.cancelAnswer, order))
    found.push(lost(`its cancellation was answered with ${entry.cancelAnswer}, and it is ${order.status}`));
  if (!AS_MEANT[entry.wish](order)) found.push(lost(`ended ${order.status} (${order.reason})`));
  return [...found, ...judgeMoney(order, money.get(order.id), [lost, doubled])];
}

/** The states that each answer to a cancellation allows. 202: it is cancelled, or its state shows that it was too late. */
const AFTER_CANCELLING = {
  200: ['cancelled'],
  202: ['cancelled', 'completed', 'rejected'],
  409: ['completed', 'rejected'],
};
const answeredTruly = (answer, { status }) => answer === undefined || AFTER_CANCELLING[answer].includes(status);

function judgeMoney({ status }, { taken = 0, kept = 0 } = {}, [lost, doubled]) {
  if (taken > 1) return [doubled(`its money was taken ${taken} times`)];
  if (kept === (status === 'completed' ? 1 : 0)) return [];
  return [lost(kept === 0 ? 'completed without money' : `${status}, and its money was kept`)];
}

function judgeClaim(entry, { orders, money }) {
  const [lost, doubled] = findingsOf(entry, `claim of ${entry.userId}`);
  if (entry.trouble) return [lost(entry.trouble)];
  if (entry.end !== 'won') return entry.seenPaid ? [lost(`its user saw it paid, and it ended ${entry.end}`)] : [];
  const order = orders.get(entry.orderId);
  return order?.status === 'completed'
    ? judgeMoney(order, money.get(order.id), [lost, doubled])
    : [lost(`won and paid, and its order is ${order?.status ?? 'not there'}`)];
}

/** Orders that nobody has asked for: a key that made two. Those of a sale are made by it. */
function unasked(entries, { orders }) {
  const asked = new Set(entries.flatMap(({ ids }) => [...ids]));
  // Whoever was never told that it was accepted has not been told its id either.
  const untold = new Set(entries.filter(({ id }) => id === undefined).map(({ userId }) => userId));
  return orders
    .filter(({ id, userId, saleId }) => saleId === null && !asked.has(id) && !untold.has(userId))
    .map(({ id }) => always('doubled', `order ${id}: nobody was told of it`));
}

/** One piece for each user. */
function soldTwice({ orders }) {
  const users = new Set();
  return orders
    .filter(({ saleId, status }) => saleId !== null && status === 'completed')
    .flatMap(({ userId }) => {
      const again = users.has(userId);
      users.add(userId);
      return again ? [always('doubled', `${userId} was sold two pieces of the sale`)] : [];
    });
}

const always = (kind, what) => ({ kind, what, from: -Infinity, to: Infinity });

const findingsOf = ({ acceptedAt = -Infinity, endedAt = Infinity }, name) =>
  ['lost', 'doubled'].map((kind) => (what) => ({ kind, what: `${name}: ${what}`, from: acceptedAt, to: endedAt }));
