import { developmentOnly, flag, PRODUCTION } from '@sluice/service-kit';
import { z } from 'zod';

export const PromotionsConfig = z.object({
  /** Creates the two coupons of a development system; refused in production. */
  DEV_SEED: flag(false).register(PRODUCTION, developmentOnly('makes accounts with passwords that everybody knows')),
});
export type PromotionsConfig = z.output<typeof PromotionsConfig>;
