import { z } from 'zod';

export const PaymentsConfig = z.object({
  /** The card gateway; unset: a fake one, for development. */
  CARD_GATEWAY_URL: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).optional(),
});
export type PaymentsConfig = z.output<typeof PaymentsConfig>;
