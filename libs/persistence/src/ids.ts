import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/** Bytes that one id takes. */
const SIZE = 16;
/** Random bytes for many ids at once: asking for each id's alone costs 2 µs, most of the time that an id takes. */
const pool = Buffer.alloc(256 * SIZE);
let used = pool.length;

function randomBytes(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return pool.subarray(used, (used += SIZE));
}

/** Time of the latest id, and its count within that millisecond. */
let msecs = 0;
let seq = 0;

/**
 * Returns a new UUID version 7 (RFC 9562): ids grow with time, so index pages fill in order. Ids of one process also
 * grow within a millisecond, and when the clock is set back.
 */
export function newId(): string {
  const random = randomBytes();
  const now = Date.now();
  if (now <= msecs) seq += 1;
  // Begins below half of its range, so that it cannot run over.
  else [msecs, seq] = [now, random.readUInt32BE() >>> 1];
  return v7({ msecs, seq, random });
}
