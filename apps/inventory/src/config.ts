import { flag } from '@sluice/service-kit';
import { z } from 'zod';

export const InventoryConfig = z.object({
  /** Stocks a dozen products in a development system; refused in production. */
  DEV_SEED: flag(false),
});
export type InventoryConfig = z.output<typeof InventoryConfig>;
