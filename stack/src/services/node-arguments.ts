/**
 * How Node.js runs a service: here, and in the containers of the Dockerfile. The flags keep memory that V8 would only
 * reserve; none of them is a limit, so that a load needs as much memory as it needs (docs/decisions/0040).
 */
export const NODE_ARGUMENTS = [
  '--enable-source-maps',
  /** The young generation is twice this size, in MB, and a little load fills it; by default it is 16. */
  '--max-semi-space-size=4',
  /** The old generation is collected when it has grown by half, not only when it is up to four times as large. */
  '--heap-growing-percent=50',
] as const;

/** What Node.js needs as variables, since it begins before V8: glibc has up to eight heaps for each core otherwise. */
export const NODE_VARIABLES = { MALLOC_ARENA_MAX: '1' } as const;
