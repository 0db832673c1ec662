import { outsideUrl, wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';

export const PaymentsConfig = z.object({
  /** URL of the card gateway; unset: a fake one, which production refuses unless the value is `fake`. */
  CARD_GATEWAY_URL: outsideUrl('take orders without taking money', 'card numbers'),
  /** Seconds without an outcome after which a capture or refund is requested from the card gateway again. */
  ASK_AGAIN_SECONDS: wholeNumber(1, 86_400).default(120),
  /** Limits of cards declined or unknown within the window, per order and per user. */
  CARD_FAILURES_PER_ORDER: wholeNumber(1, 100).default(5),
  CARD_FAILURES_PER_USER: wholeNumber(1, 100).default(10),
  /**
   * How long a failed card counts, in seconds: less than the usual payment window, so that the order can still be
   * paid.
   */
  CARD_FAILURES_WINDOW_SECONDS: wholeNumber(1, 86_400).default(900),
});
export type PaymentsConfig = z.output<typeof PaymentsConfig>;
