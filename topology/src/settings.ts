import type { Passwords } from './apply-users.js';
import type { TopologyOptions } from './topology.js';

/**
 * Topology settings from the environment: RETRY_TIERS_MS, OUTSIDE_TIERS_MS, FLASH_SALE_QUEUE_LIMIT,
 * REPLICATED_QUEUES.
 * @throws Error that names the invalid variable
 */
export function settingsOf({
  RETRY_TIERS_MS,
  OUTSIDE_TIERS_MS,
  FLASH_SALE_QUEUE_LIMIT,
  REPLICATED_QUEUES,
}: NodeJS.ProcessEnv): TopologyOptions {
  return {
    ...(RETRY_TIERS_MS && { retryTiersMs: tiers('RETRY_TIERS_MS', RETRY_TIERS_MS) }),
    ...(OUTSIDE_TIERS_MS && { outsideTiersMs: tiers('OUTSIDE_TIERS_MS', OUTSIDE_TIERS_MS) }),
    ...(FLASH_SALE_QUEUE_LIMIT && { flashSaleQueueLimit: limit(FLASH_SALE_QUEUE_LIMIT) }),
    ...(REPLICATED_QUEUES && { replicated: parseBoolean(REPLICATED_QUEUES) }),
  };
}

/**
 * AMQP_PASSWORDS: the password of each user, as a JSON object.
 * @throws Error that does not repeat the value
 */
export function passwordsOf({ AMQP_PASSWORDS }: NodeJS.ProcessEnv): Passwords | undefined {
  if (!AMQP_PASSWORDS) return undefined;
  try {
    const passwords = JSON.parse(AMQP_PASSWORDS) as unknown;
    if (
      passwords !== null &&
      typeof passwords === 'object' &&
      Object.values(passwords).every((one) => typeof one === 'string' && one !== '')
    )
      return passwords as Passwords;
  } catch {
    // The parser's error would repeat a part of the value.
  }
  throw new Error('AMQP_PASSWORDS is not a JSON object of passwords, for example {"orders":"...","payments":"..."}');
}

function tiers(name: string, text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (!numbers.every((ms) => Number.isInteger(ms) && ms > 0))
    throw new Error(`${name} is "${text}": whole milliseconds with commas between them, for example 1000,10000,60000`);
  return numbers;
}

function parseBoolean(text: string): boolean {
  if (text !== 'true' && text !== 'false')
    throw new Error(`REPLICATED_QUEUES is "${text}": true in a cluster, else false`);
  return text === 'true';
}

function limit(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 10_000_000)
    throw new Error(`FLASH_SALE_QUEUE_LIMIT is "${text}": a whole number from 1 to 10000000`);
  return number;
}
