import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from './errors.js';

/** A process, recognisable later: a pid alone is given to another program sooner or later, the pair is not. */
export interface ProcessRecord {
  pid: number;
  startedAt: string;
}

/** The record of a process; undefined when it has already ended. */
export function identify(pid: number | undefined): ProcessRecord | undefined {
  const startedAt = pid !== undefined && pid > 0 ? startOf(pid) : undefined;
  return pid === undefined || startedAt === undefined ? undefined : { pid, startedAt };
}

/** Whether that very process runs. */
export const isAlive = (record: ProcessRecord | undefined): boolean =>
  record !== undefined && identify(record.pid)?.startedAt === record.startedAt;

/** Whether it has ended and its parent has not yet taken note, as in containers without an init. */
export const isZombie = (pid: number): boolean => linux && /\) Z /.test(read(`/proc/${pid}/stat`) ?? '');

/** Whether the process was started with that text on its command line. */
export const commandLineHas = (pid: number, text: string): boolean => (commandLine(pid) ?? '').includes(text);

/** Of Linux: /proc/<pid>/stat counts in clock ticks, 100 a second (proc(5)). */
const MS_PER_TICK = 10;

/** The time of a processor that a process has used, in ms; undefined where that cannot be read. */
export function processorMs(pid: number | undefined): number | undefined {
  const fields = linux && pid ? statOf(pid) : undefined;
  return fields && (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

export function parentOf(pid: number): number | undefined {
  const parent = Number(linux ? /^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1] : ps(pid, 'ppid'));
  return Number.isNaN(parent) ? undefined : parent;
}

const linux = process.platform === 'linux';

function startOf(pid: number): string | undefined {
  if (!linux) return ps(pid, 'lstart');
  const fields = statOf(pid);
  const dead = fields === undefined || fields[0] === 'Z' || fields[0] === 'X';
  return dead ? undefined : `${bootId()}/${fields[19]}`; // ticks since the boot: together unique
}

/** The fields of /proc/<pid>/stat behind the name, which may contain spaces (proc(5)); the first is the state. */
function statOf(pid: number): string[] | undefined {
  const stat = read(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

let boot: string | undefined;
const bootId = (): string => (boot ??= read('/proc/sys/kernel/random/boot_id')?.trim() ?? '');

const commandLine = (pid: number): string | undefined =>
  linux ? read(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ') : ps(pid, 'args');

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function ps(pid: number, column: string): string | undefined {
  try {
    const args = ['-p', String(pid), '-o', `${column}=`];
    return execFileSync('ps', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Resolves to true when the process has ended, to false when it has not within that time. */
export async function hasEnded(record: ProcessRecord | undefined, withinMs = Infinity): Promise<boolean> {
  const until = Date.now() + withinMs;
  for (let wait = 20; isAlive(record); wait = Math.min(wait * 1.5, 250)) {
    if (Date.now() > until) return false;
    await sleep(wait);
  }
  return true;
}

/** Ends that very process, if it runs: by the signal, and by SIGKILL when it has not ended in time. */
export async function end(
  record: ProcessRecord | undefined,
  { signal = 'SIGTERM', graceMs = 10_000 }: { signal?: NodeJS.Signals; graceMs?: number } = {},
): Promise<void> {
  if (record === undefined || !isAlive(record)) return;
  kill(record.pid, signal);
  if (await hasEnded(record, graceMs)) return;
  kill(record.pid, 'SIGKILL');
  await hasEnded(record, 5_000);
}

/** @param pid negative: of a process group */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}
