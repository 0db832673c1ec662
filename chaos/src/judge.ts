import type { OrderState, ShopState, OrderMoney } from './database-state.js';
import { finding, type Finding } from './finding.js';
import type { ClaimEntry, Intent, Ledger, OrderEntry } from './ledger.js';

type Clients = Pick<Ledger, 'orders' | 'claims'>;

const isUnpaid = ({ status, reason }: OrderState): boolean => status === 'cancelled' && reason === 'payment_timeout';
const isCancelled = (order: OrderState): boolean =>
  isUnpaid(order) || (order.status === 'cancelled' && order.reason === 'customer');
const isCompleted = ({ status }: OrderState): boolean => status === 'completed';

/** Whether an order has ended as its customer meant it. A late payment may have met the end of its window. */
const AS_INTENDED: Readonly<Record<Intent, (order: OrderState) => boolean>> = {
  pay: (order) => isCompleted(order) || isUnpaid(order),
  leave: isUnpaid,
  cancel: isCancelled,
  'pay-and-cancel': (order) => isCompleted(order) || isCancelled(order),
};

/** The states that each answer to a cancellation allows. 202: cancelled, or a state that shows it was too late. */
const AFTER_CANCELLING: Readonly<Record<200 | 202 | 409, readonly string[]>> = {
  200: ['cancelled'],
  202: ['cancelled', 'completed', 'rejected'],
  409: ['completed', 'rejected'],
};

interface Stored {
  orders: ReadonlyMap<string, OrderState>;
  money: ReadonlyMap<string, OrderMoney>;
}
type Report = (kind: Finding['kind'], what: string) => Finding;

/** Compares what clients were promised with what is stored. @returns nothing, when every promise was kept once */
export function judge({ orders, claims }: Clients, state: ShopState): Finding[] {
  const stored = {
    orders: new Map(state.orders.map((order) => [order.id, order])),
    money: new Map(state.money.map((money) => [money.orderId, money])),
  };
  return [
    ...orders.flatMap((entry) => judgeOrder(entry, stored)),
    ...claims.flatMap((entry) => judgeClaim(entry, stored)),
    ...unrequested(orders, state),
    ...soldTwice(state),
  ];
}

/** How many meant to pay and could not before the window ended; what was captured all the same was refunded. */
export function tooLate({ orders }: Pick<Clients, 'orders'>, state: ShopState): number {
  const cancelled = new Set(state.orders.filter(({ status }) => status === 'cancelled').map(({ id }) => id));
  return orders.filter(({ intent, id }) => intent === 'pay' && id !== undefined && cancelled.has(id)).length;
}

function judgeOrder(entry: OrderEntry, { orders, money }: Stored): Finding[] {
  const { id, ids, key, intent, trouble, end, seenPaid, cancelAnswer } = entry;
  const report = reportOf(entry, `order ${id ?? `with key ${key}`} (${intent})`);
  const order = id === undefined ? undefined : orders.get(id);
  const found = ids.size > 1 ? [report('doubled', `one key made ${[...ids].join(' and ')}`)] : [];
  const add = (what: string): number => found.push(report('lost', what));
  if (trouble) add(`${trouble}; it is ${order?.status ?? 'not there'}`);
  else if (!order) add('accepted, and not there');
  if (trouble || !order) return found;
  if (order.status !== end) add(`its customer was told ${end}, and it is ${order.status}`);
  if (seenPaid && order.reason === 'payment_timeout') add('its customer saw it paid, and it was cancelled as unpaid');
  if (cancelAnswer && !AFTER_CANCELLING[cancelAnswer].includes(order.status))
    add(`its cancellation was answered with ${cancelAnswer}, and it is ${order.status}`);
  if (!AS_INTENDED[intent](order)) add(`ended ${order.status} (${order.reason})`);
  return [...found, ...judgeMoney(order, money.get(order.id), report)];
}

function judgeMoney({ status }: OrderState, money: OrderMoney | undefined, report: Report): Finding[] {
  const { taken = 0, kept = 0 } = money ?? {};
  if (taken > 1) return [report('doubled', `its money was taken ${taken} times`)];
  if (kept === (status === 'completed' ? 1 : 0)) return [];
  return [report('lost', kept === 0 ? 'completed without money' : `${status}, and its money was kept`)];
}

function judgeClaim(entry: ClaimEntry, { orders, money }: Stored): Finding[] {
  const { trouble, end, seenPaid, orderId } = entry;
  const report = reportOf(entry, `claim of ${entry.userId}`);
  if (trouble) return [report('lost', trouble)];
  if (end !== 'won') return seenPaid ? [report('lost', `its user saw it paid, and it ended ${end}`)] : [];
  const order = orderId === undefined ? undefined : orders.get(orderId);
  return order?.status === 'completed'
    ? judgeMoney(order, money.get(order.id), report)
    : [report('lost', `won and paid, and its order is ${order?.status ?? 'not there'}`)];
}

/** Orders that no client has placed: a key that made two. Those of a sale are made by it. */
function unrequested(entries: readonly OrderEntry[], { orders }: ShopState): Finding[] {
  const placed = new Set(entries.flatMap(({ ids }) => [...ids]));
  // A client whose order was accepted without an answer does not know its id either.
  const unanswered = new Set(entries.filter(({ id }) => id === undefined).map(({ userId }) => userId));
  return orders
    .filter(({ id, userId, saleId }) => saleId === null && !placed.has(id) && !unanswered.has(userId))
    .map(({ id }) => finding('doubled', `order ${id}: nobody was told of it`));
}

/** One piece for each user. */
function soldTwice({ orders }: ShopState): Finding[] {
  const users = new Set<string>();
  const sold = orders.filter(({ saleId, status }) => saleId !== null && status === 'completed');
  return sold
    .filter(({ userId }) => users.size === users.add(userId).size)
    .map(({ userId }) => finding('doubled', `${userId} was sold two pieces of the sale`));
}

const reportOf =
  ({ acceptedAt, endedAt }: OrderEntry | ClaimEntry, name: string): Report =>
  (kind, what) =>
    finding(kind, `${name}: ${what}`, acceptedAt, endedAt);
