/** Like Promise.all, but rejects only when all have come to their end: nothing goes on starting unnoticed. */
export async function waitForAll<T extends readonly unknown[]>(
  promises: readonly [...T],
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
