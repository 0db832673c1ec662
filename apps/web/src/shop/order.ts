import type { components } from '../generated/api.js';

export type Order = components['schemas']['Order'];
export type OrderEvent = components['schemas']['Timeline']['events'][number];

/** An order as the server said it, and when that was, as `performance.now()` counts. */
export interface SeenOrder {
  order: Order;
  saidAt: number;
}

const STEPS = ['placed', 'reserved', 'paid', 'shipped', 'completed'] as const;
type Step = (typeof STEPS)[number];

/** How many steps an order has behind it. Of one that has ended, as far as it had come. */
export function stepsDone({ status, payBy, paidAt }: Pick<Order, 'status' | 'payBy' | 'paidAt'>): number {
  if (status === 'completed') return 5;
  if (status === 'shipped') return 4;
  if (status === 'paid' || paidAt !== undefined) return 3;
  return payBy === undefined ? 1 : 2;
}

export const stepsOf = (order: Parameters<typeof stepsDone>[0]): { step: Step; isDone: boolean; isNow: boolean }[] => {
  const done = stepsDone(order);
  const goesOn = !hasEnded(order);
  return STEPS.map((step, index) => ({ step, isDone: index < done, isNow: goesOn && index === done }));
};

export const hasFailed = ({ status }: Pick<Order, 'status'>): boolean =>
  status === 'rejected' || status === 'cancelled';

export const hasEnded = (order: Pick<Order, 'status'>): boolean => order.status === 'completed' || hasFailed(order);

/** Whether a cancellation may still come in time. */
export const isCancellable = ({ status, cancellationRequestedAt }: Order): boolean =>
  ['pending', 'awaiting_payment', 'paid'].includes(status) && cancellationRequestedAt === undefined;

/** The money of a cancelled order comes back after the order has ended: no event of its stream tells that. */
export const awaitsRefund = ({ status, paidAt, refundedAt }: Order): boolean =>
  status === 'cancelled' && paidAt !== undefined && refundedAt === undefined;
