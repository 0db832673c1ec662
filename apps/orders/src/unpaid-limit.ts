import type {
  AccountVerified,
  Data,
  Message,
  Order as OrderView,
  OrderLine,
  PlaceOrder,
  PlaceUnlisted,
  UnpaidLimit,
} from '@sluice/contracts';
import { decisionOf } from './order-decision.js';
import { rowOf } from './order-row.js';
import type { Change } from './order-steps.js';
import type { Bound } from './placing.js';
import { unshown, type Prices, type Refusal } from './pricing.js';
import type {
  Customer,
  CustomerDecision,
  CustomerState,
  OrderDecision,
  OrderKeys,
  OrderState,
  Row,
  UnpaidOrders,
} from './tables.js';

/** Limits of unpaid orders of one account, before and after its phone is verified. 0: no limit. */
export interface UnpaidLimits {
  UNPAID_ORDERS: number;
  UNPAID_PIECES: number;
  UNPAID_ORDERS_UNVERIFIED: number;
  UNPAID_PIECES_UNVERIFIED: number;
}

/** Pieces by order id. */
type Pieces = Readonly<Record<string, number>>;

/** A customer's state when an order is placed. */
export interface UnpaidState {
  verified: boolean;
  unpaid: Pieces;
}

type Placing = Message<typeof PlaceOrder | typeof PlaceUnlisted>;
type Request = Data<typeof PlaceOrder>;
type Place = (row: Row | undefined, copies: Prices, now: Date, bound?: Bound) => Change<OrderView, Row>;

/**
 * The order's row is locked even before it exists, so that two requests to place one order are decided one after the
 * other.
 */
export const placingKeys = (request: Request, limits: UnpaidLimits): OrderKeys => ({
  orders: [request.orderId],
  prices: unshown(request),
  ...(isCounted(request, limits) && { customers: [request.userId], unpaid: [request.userId] }),
});

/** The decision of `place` under the limits of its customer's unpaid orders, of which the order becomes one. */
export const placedWithin =
  (message: Placing, limits: UnpaidLimits, rule: Place) =>
  (state: OrderState, now: Date): OrderDecision<OrderView> => {
    const { orderId, userId, lines } = message.data;
    const counted = isCounted(message.data, limits);
    const bound = counted ? boundOf(message.data, state, limits, now) : undefined;
    const change = rule(rowOf(state.orders[orderId]), state.prices, now, bound);
    const decision = decisionOf(message, change);
    if (!counted || change.order?.status !== 'pending') return decision;
    const customer = withOrder(state.customers[userId], message.data, lines, now);
    return { ...decision, state: { ...decision.state, customers: { [userId]: customer } } };
  };

/** A win in a flash sale is one piece that was promised to its user, with a short payment window of its own. */
const isCounted = ({ flashSale }: Request, limits: UnpaidLimits): boolean => !flashSale && !isUnbounded(limits);

function boundOf(
  { userId, verified = false }: Request,
  { customers, unpaid }: OrderState,
  limits: UnpaidLimits,
  now: Date,
): Bound {
  const state = unpaidStateOf(customers[userId], unpaid[userId], now);
  return (lines) => exceededLimit({ ...state, verified: state.verified || verified }, lines, limits);
}

/** On `account.verified`: the higher limits apply. */
export const accountVerified = (
  { customers }: CustomerState,
  { userId }: Data<typeof AccountVerified>,
  now: Date,
): CustomerDecision => ({
  state: { customers: { [userId]: verified(customers[userId], userId, now) } },
});

/** No limit is set, so unpaid orders need not be counted. */
const isUnbounded = (limits: UnpaidLimits): boolean =>
  ![true, false].some((isVerified) => Object.values(boundsOf(limits, isVerified)).some(Number.isFinite));

/**
 * The committed unpaid orders, and those decided in the transaction that began at `now`, which no query can read yet.
 */
export function unpaidStateOf(
  customer: Customer | undefined,
  committed: UnpaidOrders | undefined,
  now: Date,
): UnpaidState {
  return { verified: Boolean(customer?.verifiedAt), unpaid: { ...committed?.orders, ...placedNow(customer, now) } };
}

const placedNow = (customer: Customer | undefined, now: Date): Pieces =>
  (customer?.placedAt?.getTime() === now.getTime() && customer.placed) || {};

type About = { userId: string; orderId: string };

/** The customer's row after the order is placed. */
export function withOrder(customer: Customer | undefined, about: About, lines: Lines, now: Date): Customer {
  const placed = { ...placedNow(customer, now), [about.orderId]: piecesOf(lines) };
  const { verifiedAt = null, version = 0 } = customer ?? {};
  return { userId: about.userId, verifiedAt, placed, placedAt: now, version: version + 1 };
}

/** The customer's row once the phone is verified. */
export const verified = (customer: Customer | undefined, userId: string, now: Date): Customer => ({
  ...{ placed: null, placedAt: null, ...customer },
  ...{ userId, verifiedAt: customer?.verifiedAt ?? now, version: (customer?.version ?? 0) + 1 },
});

/** Returns why the account may not have this order as well, until it has paid or cancelled another. */
export function exceededLimit(
  { unpaid, verified }: UnpaidState,
  lines: Lines,
  limits: UnpaidLimits,
): Refusal | undefined {
  const held = Object.values(unpaid);
  const [orders, pieces] = [held.length + 1, held.reduce((sum, count) => sum + count, piecesOf(lines))];
  const { most, mostPieces } = boundsOf(limits, verified);
  if (orders > most) return refusal('unpaid_orders', `${most} unpaid orders`, verified);
  return pieces > mostPieces ? refusal('unpaid_pieces', `${mostPieces} unpaid pieces`, verified) : undefined;
}

type Lines = readonly Pick<OrderLine, 'quantity'>[];
const piecesOf = (lines: Lines): number => lines.reduce((sum, { quantity }) => sum + quantity, 0);

function boundsOf(limits: UnpaidLimits, verified: boolean): { most: number; mostPieces: number } {
  const [most, mostPieces] = verified
    ? [limits.UNPAID_ORDERS, limits.UNPAID_PIECES]
    : [limits.UNPAID_ORDERS_UNVERIFIED, limits.UNPAID_PIECES_UNVERIFIED];
  return { most: most || Infinity, mostPieces: mostPieces || Infinity };
}

function refusal(limit: UnpaidLimit, bound: string, verified: boolean): Refusal {
  const whose = verified ? 'An account' : 'An account whose phone is not verified';
  const remedy = verified ? 'Pay or cancel an order' : 'Verify the phone, or pay or cancel an order';
  const detail = `${whose} may have ${bound} at a time. ${remedy}, then send this one again.`;
  return { reason: 'not_orderable', limit, detail, skus: [] };
}
