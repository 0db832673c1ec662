import { formatMoney, type Money, type OrderReason } from '@sluice/contracts';

const reasons: Record<OrderReason | 'too_many_unpaid', string> = {
  out_of_stock: 'something in it is out of stock',
  unknown_product: 'something in it is no longer sold',
  coupon_rejected: 'the coupon is not valid',
  payment_timeout: 'it was not paid in time',
  customer: 'you cancelled it',
  not_orderable: 'its lines cannot be one order',
  processing_timeout: 'it could not be made ready in time',
  too_many_unpaid: 'other orders of yours are to be paid or cancelled first',
};

/** All texts to people, in English. An order is named by the beginning of its id. */
export const english = {
  code: (code: string): string => `Your code is ${code}. It is good for ten minutes.`,
  /** Recorded in place of the text above; the version distinguishes the codes of an account. */
  recordedCode: (version: number): string => `A code (${version}), good for ten minutes.`,
  awaitingPayment: (order: string, total: Money, payBy: string): string =>
    `Order ${order} is reserved for you. Please pay ${formatMoney(total)} by ${payBy}.`,
  paid: (order: string, total: Money): string =>
    `Thank you: ${formatMoney(total)} received for order ${order}. We are packing it.`,
  nothingToPay: (order: string): string => `Thank you: there is nothing to pay for order ${order}. We are packing it.`,
  shipped: (order: string): string => `Order ${order} is on its way.`,
  completed: (order: string): string => `Order ${order} has arrived. Enjoy!`,
  rejected: (order: string, reason: OrderReason | 'too_many_unpaid'): string =>
    `We are sorry: order ${order} could not be taken, because ${reasons[reason]}.`,
  cancelledAsAsked: (order: string): string => `Order ${order} is cancelled, as you asked.`,
  cancelled: (order: string, reason: OrderReason): string => `Order ${order} is cancelled, because ${reasons[reason]}.`,
  cancellationRefused: (order: string): string => `Order ${order} could not be cancelled any more: it has left.`,
  paidTooLate: (order: string, amount: Money): string =>
    `${formatMoney(amount)} was taken for order ${order} after it had ended. You get it back.`,
  refunded: (order: string, amount: Money): string =>
    `Refund: ${formatMoney(amount)} for order ${order} is on its way back to your card.`,
  restocked: (name: string): string => `${name} is back.`,
  /** Subjects of e-mail. */
  aboutOrder: (order: string): string => `Your order ${order}`,
  aboutProduct: (name: string): string => `${name} is back`,
};

/** The texts of one language. */
export type Texts = typeof english;
