import { developmentOnly, flag, PRODUCTION } from '@sluice/service-kit';
import { z } from 'zod';

export const InventoryConfig = z.object({
  /** Stocks a dozen products in a development system; refused in production. */
  DEV_SEED: flag(false).register(PRODUCTION, developmentOnly('makes accounts with passwords that everybody knows')),
});
export type InventoryConfig = z.output<typeof InventoryConfig>;
