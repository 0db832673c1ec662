/**
 * Bytes of bytecode that a function runs before V8 optimizes it; by default 67,584, so a service that is not busy runs
 * slow code for longer. Later versions have a compiler in between, and do not know the flag
 * (docs/decisions/0052-fewer-statements-and-commits.md).
 */
const OPTIMIZE_SOONER = '--interrupt-budget=6000';

/**
 * How Node.js runs a service: here, and in the image of the Dockerfile. Most of the flags save memory that V8 would
 * reserve and hardly use. None of them limits the heap (docs/decisions/0038-quiet-when-idle.md).
 * @param major version of Node.js
 */
export const nodeArguments = (major = Number(process.versions.node.split('.')[0])): string[] => [
  '--enable-source-maps',
  /** MB; the young generation is twice as large. By default 16, which the boot of a service already fills. */
  '--max-semi-space-size=8',
  /** The old generation is collected when it has grown by half; by default when it is up to four times as large. */
  '--heap-growing-percent=50',
  ...(major < 22 ? [OPTIMIZE_SOONER] : []),
];

/** Read before V8 starts. By default glibc makes up to eight heaps for each core, and each keeps what was freed. */
export const NODE_VARIABLES = { MALLOC_ARENA_MAX: '1' } as const;
