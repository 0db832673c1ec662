import { outsideUrl, wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';

export const LogisticsConfig = z.object({
  /** URL of the carrier; unset: a fake one, which production refuses unless the value is `fake`. */
  CARRIER_URL: outsideUrl('deliver parcels that never left'),
  /** Seconds after which the fake carrier fetches a parcel, and again until it delivers it. */
  CARRIER_DELAY_SECONDS: z.coerce.number().min(0).max(86_400).default(2),
  /** Seconds without a reply after which a booking or a recall is sent to the carrier again. */
  ASK_AGAIN_SECONDS: wholeNumber(1, 86_400).default(120),
});
export type LogisticsConfig = z.output<typeof LogisticsConfig>;
