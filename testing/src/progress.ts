import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** What a process has done so far; it only grows. */
export interface Progress {
  /** Characters of output. */
  readonly written: number;
  /** Time of a processor, in milliseconds; undefined where it cannot be read. */
  readonly processorMs: number | undefined;
}

export interface Patience {
  /** So long it may do nothing. Milliseconds. */
  idleMs: number;
  /** A generous end for one that is busy for ever. Milliseconds. */
  atMostMs: number;
  pollMs?: number;
}

/** To be asked whether it is ready costs a process about 1 ms: what it does besides is progress. */
const WORK_MS = 1_000;

/**
 * Waits for something for as long as the process that shall bring it about gets on: on a busy machine that takes as long as it
 * takes, and a process that hangs is seen all the same.
 * @returns whether it came about
 */
export async function whileProgressing(
  isSo: () => Promise<boolean>,
  progress: () => Progress,
  { idleMs, atMostMs, pollMs = 100 }: Patience,
): Promise<boolean> {
  const end = Date.now() + atMostMs;
  let last = { at: Date.now(), ...progress() };
  while (!(await isSo())) {
    const now = { at: Date.now(), ...progress() };
    if (hasGotOn(last, now)) last = now;
    if (now.at > end || now.at - last.at > idleMs) return false;
    await pause(pollMs);
  }
  return true;
}

const hasGotOn = (before: Progress, after: Progress): boolean =>
  after.written > before.written || (after.processorMs ?? 0) - (before.processorMs ?? 0) >= WORK_MS;

/** Of Linux: fields 14 and 15 of /proc/<pid>/stat are in clock ticks, 100 a second (proc(5)). */
const MS_PER_TICK = 10;

export function processorMs(pid: number | undefined): number | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before it may hold spaces
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  } catch {
    return undefined;
  }
}
