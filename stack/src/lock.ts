import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from './errors.js';
import { identify, isAlive, type ProcessRecord } from './processes.js';

/** The holder of a lock, with what it wrote about itself for others to read. */
export type Holder<About extends object = object> = ProcessRecord & Partial<About>;

/** The process that holds the lock; undefined when no living one does. */
export function holderOf<About extends object = object>(file: string): Holder<About> | undefined {
  const holder = read<About>(file);
  return isAlive(holder) ? holder : undefined;
}

/**
 * Takes a lock that its holder's death releases, and writes `about` for others to read.
 * @returns what releases it; undefined when a living process holds it
 */
export function tryLock(file: string, about: object = {}): (() => void) | undefined {
  removeDead(file);
  if (!create(file, JSON.stringify({ ...identify(process.pid), ...about }))) return undefined;
  return () => {
    if (read(file)?.pid === process.pid) rmSync(file, { force: true });
  };
}

/** Written under a name of its own and linked when whole: nobody ever reads half a lock. */
function create(file: string, content: string): boolean {
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moved aside under a name of its own first: of two that find the same dead holder only one succeeds. */
function removeDead(file: string): void {
  const holder = read(file);
  if (holder === undefined || isAlive(holder)) return;
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (isAlive(read(aside)))
    renameSync(aside, file); // another process was quicker, and this is its lock
  else rmSync(aside, { force: true });
}

function read<About extends object>(file: string): Holder<About> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder<About>;
  } catch {
    return undefined;
  }
}

/** Does something while no other process does. @param onWait called once when it must wait */
export async function withLock<T>(file: string, work: () => Promise<T>, onWait: () => void = () => {}): Promise<T> {
  let release = tryLock(file);
  if (!release) onWait();
  for (; !release; release = tryLock(file)) await sleep(200);
  try {
    return await work();
  } finally {
    release();
  }
}
