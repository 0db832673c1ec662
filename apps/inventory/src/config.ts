import { flag } from '@sluice/service-kit';
import { z } from 'zod';

export const InventoryConfig = z.object({
  /** Puts a dozen products on the shelves of a development system; refused in production. */
  DEV_SEED: flag(false),
});
export type InventoryConfig = z.output<typeof InventoryConfig>;
