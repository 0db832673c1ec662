// @ts-nocheck
/**
 * What holds of one order across the services, when nothing is on its way between them. Each rule gets what every service
 * knows of the order (sources.mjs) and says whether it is in order.
 *
 * @typedef {object} Known
 * @property {string} id
 * @property {{ status: string, total: number | null, hasCoupon: boolean, saleId: string | null, warehouses: number }} [order]
 * @property {{ sms: number, inbox: number }} [facts] how many were to be announced
 * @property {{ net: number }} [money] captured less refunded, in cents
 * @property {{ holds: boolean }} [reservation]
 * @property {{ made: number, halted: number, gone: number, delivered: number }} [parcels] gone: delivered ones too
 * @property {{ redeemed: boolean }} [redemption]
 * @property {{ points: number }} [earning]
 * @property {{ saleId: string, state: 'held' | 'paid' | 'expired' }} [win]
 * @property {{ sms: number, inbox: number }} [told] how many were announced, or wait for a phone number
 */

const SOLD = new Set(['paid', 'shipped', 'completed']);
const ENDED = new Set(['rejected', 'cancelled']);
const CENTS_PER_POINT = 100;

const isSold = ({ order }) => SOLD.has(order?.status);
/** It has not ended badly, and it has its stock and its coupon: of a pending one nobody knows yet what the others will say. */
const isAlive = ({ order }) => order !== undefined && order.status !== 'pending' && !ENDED.has(order.status);
const isPending = ({ order }) => order?.status === 'pending';

/** By invariant and name. @type {Readonly<Record<string, Readonly<Record<string, (known: Known) => boolean>>>>} */
export const RULES = {
  stock: {
    reserved_for_orders: (known) =>
      isPending(known) ||
      (known.reservation?.holds ?? false) === ['awaiting_payment', 'paid'].includes(known.order?.status),
  },
  money: {
    kept_for_sold_orders: (known) => (known.money?.net ?? 0) === (isSold(known) ? known.order.total : 0),
    coupons_redeemed_for_orders: (known) =>
      isPending(known) || (known.redemption?.redeemed ?? false) === (isAlive(known) && known.order.hasCoupon),
    points_for_completed_orders: ({ order, earning }) =>
      (earning?.points ?? 0) === (order?.status === 'completed' ? Math.floor(order.total / CENTS_PER_POINT) : 0),
  },
  orders: {
    exist: ({ order }) => order !== undefined,
    have_their_parcels: ({ order, parcels = NO_PARCELS }) =>
      (PARCELS[order?.status] ?? stayed)(parcels, order?.warehouses ?? 0),
  },
  sales: {
    wins_are_orders: ({ order, win }) => win === undefined || win.saleId === order?.saleId,
    orders_are_wins: (known) => isPending(known) || (known.win?.state ?? 'expired') === stateOfWin(known),
  },
  notifications: {
    one_per_fact_and_channel: ({ facts = NOTHING, told = NOTHING }) =>
      facts.sms === told.sms && facts.inbox === told.inbox,
  },
};

const NOTHING = { sms: 0, inbox: 0 };
const NO_PARCELS = { made: 0, halted: 0, gone: 0, delivered: 0 };

const stayed = ({ made, halted }) => made === halted;
const PARCELS = {
  paid: ({ made, halted, gone }, warehouses) => made === warehouses && halted === 0 && gone < made,
  shipped: ({ made, gone, delivered }, warehouses) => made === warehouses && gone === made && delivered < made,
  completed: ({ made, delivered }, warehouses) => made === warehouses && delivered === made,
};

/** Of an order of a sale; what has ended has given its piece back, as what never was one. */
function stateOfWin(known) {
  if (!known.order?.saleId || !isAlive(known)) return 'expired';
  return isSold(known) ? 'paid' : 'held';
}
