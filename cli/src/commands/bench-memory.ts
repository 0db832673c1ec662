import { defineCommand } from '../command.js';
import { measureMemory } from '../memory-bench.js';

/** Part of `npm run bench`, in a process of its own: it needs no private servers. */
export const command = defineCommand({
  usage: `npm run bench -- memory
Measures the resident memory of a whole npm start, and the seconds to ready of its second start.`,
  run: measureMemory,
});
