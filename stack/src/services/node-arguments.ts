/**
 * How Node.js runs a service: here, and in the image of the Dockerfile. The flags save memory that V8 would reserve and
 * hardly use. None of them limits the heap (docs/decisions/0038-quiet-when-idle.md).
 */
export const NODE_ARGUMENTS = [
  '--enable-source-maps',
  /** MB; the young generation is twice as large. By default 16, which the boot of a service already fills. */
  '--max-semi-space-size=8',
  /** The old generation is collected when it has grown by half; by default when it is up to four times as large. */
  '--heap-growing-percent=50',
] as const;

/** Read before V8 starts. By default glibc makes up to eight heaps for each core, and each keeps what was freed. */
export const NODE_VARIABLES = { MALLOC_ARENA_MAX: '1' } as const;
