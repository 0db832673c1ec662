import { flag, wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';
import { USUAL_DEADLINE_SECONDS } from './invariants.js';

const MONTH_SECONDS = 2_592_000;

export const OrdersConfig = z.object({
  /** Default time to pay, in seconds, from the moment when the order can be paid. An order may bring its own window. */
  PAYMENT_WINDOW_SECONDS: wholeNumber(1, MONTH_SECONDS).default(1_800),
  /** Time in which an order must have its stock, coupon and payable, in seconds; after it the order is cancelled. */
  ORDER_DEADLINE_SECONDS: wholeNumber(1, MONTH_SECONDS).default(USUAL_DEADLINE_SECONDS),
  /** Interval of the sweep for orders beyond one of these two deadlines, in ms. */
  DEADLINE_SWEEP_MS: wholeNumber(100, 60_000).default(5_000),
  /** Interval at which old refused requests and early cancellations are deleted, in ms. */
  RECORDS_PRUNE_MS: wholeNumber(100, 3_600_000).default(600_000),
  /** Limits of unpaid orders, and of pieces in them, per account; 0: no limit. */
  UNPAID_ORDERS: wholeNumber(0, 10_000).default(100),
  UNPAID_PIECES: wholeNumber(0, 1_000_000).default(1_000),
  /** The same limits while the account's phone is not verified. */
  UNPAID_ORDERS_UNVERIFIED: wholeNumber(0, 10_000).default(10),
  UNPAID_PIECES_UNVERIFIED: wholeNumber(0, 1_000_000).default(50),
  /** Whether `order.placed` says a total that is final; `false` until every process of payments reads it. */
  PRICED_AT_ONCE: flag(true),
});
export type OrdersConfig = z.output<typeof OrdersConfig>;
