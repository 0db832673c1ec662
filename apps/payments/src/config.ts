import { OutsideUrl } from '@sluice/service-kit';
import { z } from 'zod';

export const PaymentsConfig = z.object({
  /** The card gateway; unset: a fake one, which production refuses unless it says `fake`. */
  CARD_GATEWAY_URL: OutsideUrl,
});
export type PaymentsConfig = z.output<typeof PaymentsConfig>;
