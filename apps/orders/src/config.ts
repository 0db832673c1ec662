import { wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';

export const OrdersConfig = z.object({
  /** How long a customer has to pay, in seconds, from the moment in which the order can be paid. */
  PAYMENT_WINDOW_SECONDS: wholeNumber(1, 2_592_000).default(1_800),
});
export type OrdersConfig = z.output<typeof OrdersConfig>;
