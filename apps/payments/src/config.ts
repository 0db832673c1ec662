import { OutsideUrl, wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';

export const PaymentsConfig = z.object({
  /** The card gateway; unset: a fake one, which production refuses unless it says `fake`. */
  CARD_GATEWAY_URL: OutsideUrl,
  /** How long a capture or a refund may be without an outcome before the card gateway is asked again, in seconds. */
  ASK_AGAIN_SECONDS: wholeNumber(1, 86_400).default(120),
  /** How many cards may be declined or unknown for one order, and for all orders of one user, within the window. */
  CARD_FAILURES_PER_ORDER: wholeNumber(1, 100).default(5),
  CARD_FAILURES_PER_USER: wholeNumber(1, 100).default(10),
  /** How long a failed card counts, in seconds: less than the usual payment window, so that the order can still be paid. */
  CARD_FAILURES_WINDOW_SECONDS: wholeNumber(1, 86_400).default(900),
});
export type PaymentsConfig = z.output<typeof PaymentsConfig>;
