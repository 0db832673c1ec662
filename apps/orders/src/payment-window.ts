import { ExpirePayment } from '@sluice/contracts';
import type { Timer } from '@sluice/messaging';
import type { OrdersConfig } from './config.js';

/** The timer that ends a payment window. Its queue is named by its length, so a changed setting has a queue of its own. */
export const paymentWindow = ({ PAYMENT_WINDOW_SECONDS }: OrdersConfig): Timer => ({ contract: ExpirePayment, delayMs: PAYMENT_WINDOW_SECONDS * 1_000 });
