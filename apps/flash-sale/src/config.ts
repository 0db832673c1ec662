import { wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';

export const FlashSaleConfig = z.object({
  /** Longest duration of a sale, in days: until it closes, its unsold pieces are on no shelf. */
  SALE_LONGEST_DAYS: wholeNumber(1, 366).default(30),
  /** Longest time between creating a sale and its opening, in days: it holds its pieces from then on. */
  SALE_AHEAD_DAYS: wholeNumber(1, 3_660).default(366),
  /** Seconds without a reply of inventory after which its request is sent again. */
  ALLOTMENT_OVERDUE_SECONDS: wholeNumber(1, 86_400).default(60),
  /** Seconds without a fact about a win's order after which the order is sent again. */
  WIN_OVERDUE_SECONDS: wholeNumber(1, 86_400).default(300),
  /** Interval of the search for both, in ms. */
  OVERDUE_SWEEP_MS: wholeNumber(100, 60_000).default(10_000),
});
export type FlashSaleConfig = z.output<typeof FlashSaleConfig>;
