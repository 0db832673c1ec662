// @ts-nocheck
/** Requests that a gateway with small limits gets: more than a minute allows of anybody. */
const REQUESTS = 250;
const AT_ONCE = 8;
/** What such a gateway is set to. */
export const LIMITS = { RATE_LIMIT_PER_MINUTE: '40', SIGN_IN_LIMIT_PER_MINUTE: '8' };

/**
 * The same requests at a gateway that allows few: whoever asks too often is told when to come back, and everything else
 * is as ever.
 * @param {import('./session.js').Session} session of that gateway
 * @param {import('./requests.js').Requests} requests
 * @param {number} from the number of the first
 * @returns {Promise<number>} how many were answered 429
 */
export async function askLimited(session, requests, from) {
  let turnedAway = 0;
  const tasks = Array.from({ length: REQUESTS }, (_, index) => async () => {
    const { status } = await session.ask(requests.make(from + index));
    if (status === 429) turnedAway++;
  });
  await session.all(tasks, { atOnce: AT_ONCE });
  return turnedAway;
}
