import { OutsideUrl, wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';

export const PaymentsConfig = z.object({
  /** The card gateway; unset: a fake one, which production refuses unless it says `fake`. */
  CARD_GATEWAY_URL: OutsideUrl,
  /** How long a capture or a refund may be without an outcome before the card gateway is asked again, in seconds. */
  ASK_AGAIN_SECONDS: wholeNumber(1, 86_400).default(120),
});
export type PaymentsConfig = z.output<typeof PaymentsConfig>;
