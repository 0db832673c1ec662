import type { TopologyOptions } from './topology.js';

/** What the environment says about the map: RETRY_TIERS_MS, FLASH_SALE_QUEUE_LIMIT. @throws Error naming the bad variable */
export function settingsOf({ RETRY_TIERS_MS, FLASH_SALE_QUEUE_LIMIT }: NodeJS.ProcessEnv): TopologyOptions {
  return {
    ...(RETRY_TIERS_MS && { retryTiersMs: tiers(RETRY_TIERS_MS) }),
    ...(FLASH_SALE_QUEUE_LIMIT && { flashSaleQueueLimit: limit(FLASH_SALE_QUEUE_LIMIT) }),
  };
}

function tiers(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (!numbers.every((ms) => Number.isInteger(ms) && ms > 0)) throw new Error(`RETRY_TIERS_MS is "${text}": whole milliseconds with commas between them, for example 1000,10000,60000`);
  return numbers;
}

function limit(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 10_000_000) throw new Error(`FLASH_SALE_QUEUE_LIMIT is "${text}": a whole number from 1 to 10000000`);
  return number;
}
