import { wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';

export const FlashSaleConfig = z.object({
  /** How long a sale may last, in days: until it closes, what it has not sold is on no shelf. */
  SALE_LONGEST_DAYS: wholeNumber(1, 366).default(30),
  /** How long before it opens a sale may be made, in days: it holds its pieces from then on. */
  SALE_AHEAD_DAYS: wholeNumber(1, 3_660).default(366),
  /** For how long inventory may owe a sale an answer before it is asked again. */
  ALLOTMENT_OVERDUE_SECONDS: wholeNumber(1, 86_400).default(60),
  /** For how long nothing may be known of a win's order before orders is asked again to place it. */
  WIN_OVERDUE_SECONDS: wholeNumber(1, 86_400).default(300),
  /** How often the database is searched for both. */
  OVERDUE_SWEEP_MS: wholeNumber(100, 60_000).default(10_000),
});
export type FlashSaleConfig = z.output<typeof FlashSaleConfig>;
