import {
  AccountRegistered,
  type Channel,
  CodeIssued,
  type Contract,
  type Data,
  formatMoney,
  type Message,
  type Money,
  OrderAwaitingPayment,
  OrderCancellationRefused,
  OrderCancelled,
  OrderCompleted,
  OrderPaid,
  OrderPaidTooLate,
  type OrderReason,
  OrderRejected,
  OrderShipped,
  PaymentRefunded,
  type ProductRestocked,
} from '@sluice/contracts';

/** A fact about one person. */
export type Fact = Message<
  | typeof AccountRegistered
  | typeof CodeIssued
  | typeof OrderAwaitingPayment
  | typeof OrderPaid
  | typeof OrderShipped
  | typeof OrderCompleted
  | typeof OrderRejected
  | typeof OrderCancelled
  | typeof OrderCancellationRefused
  | typeof OrderPaidTooLate
  | typeof PaymentRefunded
>;

export interface Announcement {
  channels: readonly Channel[];
  about: string;
  text: string;
  /** Stored instead of the text, which contains a secret. */
  recorded?: string;
  /** How long the notice is of use. Milliseconds. */
  goodForMs?: number;
}

/** The same as in accounts: a code is valid for ten minutes. */
const CODE_TTL_MS = 10 * 60_000;

/** Enough of the id for a person to distinguish their orders. */
const short = (orderId: string): string => orderId.slice(0, 8);
const utc = (instant: string): string => `${instant.slice(0, 16).replace('T', ' ')} UTC`;

const reasons: Record<OrderReason, string> = {
  out_of_stock: 'something in it is out of stock',
  unknown_product: 'something in it is no longer sold',
  coupon_rejected: 'the coupon is not valid',
  payment_timeout: 'it was not paid in time',
  customer: 'you cancelled it',
  not_orderable: 'its lines cannot be one order',
  processing_timeout: 'it could not be made ready in time',
};

type Composer = (data: never) => Announcement;

const announcement = <C extends Contract>(
  { type }: C,
  channels: readonly Channel[],
  about: (data: Data<C>) => string,
  text: (data: Data<C>) => string,
): [string, Composer] => [type, (data: Data<C>) => ({ channels, about: about(data), text: text(data) })];

const thanks = (total: Money, order: string): string =>
  total.amount === 0
    ? `Thank you: there is nothing to pay for order ${order}.`
    : `Thank you: ${formatMoney(total)} received for order ${order}.`;
/** The version distinguishes the codes of an account. */
function codeAnnouncement(contract: typeof AccountRegistered | typeof CodeIssued): [string, Composer] {
  const compose = ({ code, version }: Data<typeof CodeIssued>): Announcement => ({
    channels: ['sms'],
    about: 'verification',
    text: `Your code is ${code}. It is good for ten minutes.`,
    recorded: `A code (${version}), good for ten minutes.`,
    goodForMs: CODE_TTL_MS,
  });
  return [contract.type, compose];
}

const aboutOrder = ({ orderId }: { orderId: string }): string => `orders/${orderId}`;

/** Channels and text per fact, one entry each. No entry uses e-mail, since no address is stored yet. */
const announcements = new Map<string, Composer>([
  codeAnnouncement(AccountRegistered),
  codeAnnouncement(CodeIssued),
  announcement(
    OrderAwaitingPayment,
    ['sms', 'inbox'],
    aboutOrder,
    ({ orderId, total, payBy }) =>
      `Order ${short(orderId)} is reserved for you. Please pay ${formatMoney(total)} by ${utc(payBy)}.`,
  ),
  announcement(
    OrderPaid,
    ['sms', 'inbox'],
    aboutOrder,
    ({ orderId, total }) => `${thanks(total, short(orderId))} We are packing it.`,
  ),
  announcement(OrderShipped, ['sms', 'inbox'], aboutOrder, ({ orderId }) => `Order ${short(orderId)} is on its way.`),
  announcement(OrderCompleted, ['inbox'], aboutOrder, ({ orderId }) => `Order ${short(orderId)} has arrived. Enjoy!`),
  announcement(
    OrderRejected,
    ['sms', 'inbox'],
    aboutOrder,
    ({ orderId, reason, limit }) =>
      `We are sorry: order ${short(orderId)} could not be taken, ` +
      `because ${limit ? 'other orders of yours are to be paid or cancelled first' : reasons[reason]}.`,
  ),
  announcement(
    OrderCancelled,
    ['sms', 'inbox'],
    aboutOrder,
    ({ orderId, reason }) =>
      `Order ${short(orderId)} is cancelled, ${reason === 'customer' ? 'as you asked' : `because ${reasons[reason]}`}.`,
  ),
  announcement(
    OrderCancellationRefused,
    ['sms', 'inbox'],
    aboutOrder,
    ({ orderId }) => `Order ${short(orderId)} could not be cancelled any more: it has left.`,
  ),
  announcement(
    OrderPaidTooLate,
    ['sms', 'inbox'],
    aboutOrder,
    ({ orderId, amount }) =>
      `${formatMoney(amount)} was taken for order ${short(orderId)} after it had ended. You get it back.`,
  ),
  announcement(
    PaymentRefunded,
    ['sms', 'inbox'],
    aboutOrder,
    ({ orderId, amount }) =>
      `Refund: ${formatMoney(amount)} for order ${short(orderId)} is on its way back to your card.`,
  ),
]);

/** The notice that a product is back. */
export const announceReturn = ({ sku, name }: Pick<Data<typeof ProductRestocked>, 'sku' | 'name'>) => ({
  about: `products/${sku}`,
  text: `${name} is back.`,
});

/** The notice for the person that a fact is about. @throws Error when the table has no entry for the fact */
export function announce({ type, data }: Fact): Announcement {
  const compose = announcements.get(type);
  if (!compose) throw new Error(`no announcement for ${type}`);
  return compose(data as never);
}
