import { OutsideUrl, wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';

export const LogisticsConfig = z.object({
  /** The carrier; unset: a fake one, which production refuses unless it says `fake`. */
  CARRIER_URL: OutsideUrl,
  /** How long the fake carrier takes to fetch a parcel, and again to deliver it, in seconds. */
  CARRIER_DELAY_SECONDS: z.coerce.number().min(0).max(86_400).default(2),
  /** How long a booking or a recall may be without an answer before the carrier is asked again, in seconds. */
  ASK_AGAIN_SECONDS: wholeNumber(1, 86_400).default(120),
});
export type LogisticsConfig = z.output<typeof LogisticsConfig>;
