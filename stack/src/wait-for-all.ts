// @ts-nocheck
/**
 * Like Promise.all, but a failure is told only when all have come to their end: nothing goes on starting behind our back.
 * @param {(Promise<any> | any)[]} promises @returns {Promise<any[]>}
 */
export async function waitForAll(promises) {
  const results = await Promise.allSettled(promises);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return results.map((result) => /** @type {PromiseFulfilledResult<any>} */ result.value);
}
