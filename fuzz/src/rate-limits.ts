import { concurrently, type CheckedClient } from './checked-client.js';
import type { RequestGenerator } from './request-generator.js';

/** More than a minute allows any caller. */
const REQUESTS = 250;
const FIRST_NUMBER = 10_000_000;
const AT_ONCE = 8;
/** The settings of the gateway that gets them. */
export const LIMITS = { RATE_LIMIT_PER_MINUTE: '40', SIGN_IN_LIMIT_PER_MINUTE: '8' };

/**
 * Sends requests to a gateway with small limits: a refusal has Retry-After, and all other responses are as ever.
 * @returns how many were answered 429
 */
export async function exceedLimits(client: CheckedClient, generator: RequestGenerator): Promise<number> {
  let limited = 0;
  const tasks = Array.from({ length: REQUESTS }, (_, index) => async () => {
    const { status } = await client.send(generator.generate(FIRST_NUMBER + index));
    if (status === 429) limited++;
  });
  await concurrently(tasks, { atOnce: AT_ONCE });
  return limited;
}
