import { createHash } from 'node:crypto';

const REPETITIONS = 20_000;
const VALUE = { text: 'x'.repeat(200), list: [1, 2, 3, { text: 'y'.repeat(100) }] };
const BLOCK = Buffer.alloc(4_096);

/**
 * Processor time of the same work each time: JSON and hashes, as services have them. On a shared machine it shows how
 * much one millisecond of a processor is worth at the moment. Milliseconds.
 */
export function fixedWorkMs(): number {
  const before = process.cpuUsage();
  for (let n = 0; n < REPETITIONS; n++) {
    JSON.stringify(JSON.parse(JSON.stringify(VALUE)));
    if (n % 20 === 0) createHash('sha256').update(BLOCK).digest();
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
