import { wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';
import { USUAL_DEADLINE_SECONDS } from './invariants.js';

const MONTH_SECONDS = 2_592_000;

export const OrdersConfig = z.object({
  /** How long a customer has to pay, in seconds, from the moment in which the order can be paid; unless the order says it itself. */
  PAYMENT_WINDOW_SECONDS: wholeNumber(1, MONTH_SECONDS).default(1_800),
  /** How long an order may wait for its stock, its coupon and its payable before it is cancelled, in seconds. */
  ORDER_DEADLINE_SECONDS: wholeNumber(1, MONTH_SECONDS).default(USUAL_DEADLINE_SECONDS),
  /** How often is looked for orders that have outlived one of the two, in ms. */
  DEADLINE_SWEEP_MS: wholeNumber(100, 60_000).default(5_000),
  /** How often refused requests and early cancellations that are too old are deleted, in ms. */
  RECORDS_PRUNE_MS: wholeNumber(100, 3_600_000).default(600_000),
  /** How many unpaid orders, and pieces in them, one account may have at a time; 0 for any number. */
  UNPAID_ORDERS: wholeNumber(0, 10_000).default(100),
  UNPAID_PIECES: wholeNumber(0, 1_000_000).default(1_000),
  /** The same while the account's phone is not verified. */
  UNPAID_ORDERS_UNVERIFIED: wholeNumber(0, 10_000).default(10),
  UNPAID_PIECES_UNVERIFIED: wholeNumber(0, 1_000_000).default(50),
});
export type OrdersConfig = z.output<typeof OrdersConfig>;
