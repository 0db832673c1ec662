// @ts-nocheck
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A process, recognisable later: a pid alone is given to another program sooner or later, the pair is not.
 * @typedef {{ pid: number, startedAt: string }} ProcessRecord
 */

/** @param {number} pid @returns {ProcessRecord | undefined} undefined when it has already ended */
export function identify(pid) {
  const startedAt = pid > 0 ? startOf(pid) : undefined;
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** @param {ProcessRecord | undefined} record whether that very process still runs */
export const isAlive = (record) => record !== undefined && identify(record.pid)?.startedAt === record.startedAt;

/** @param {number} pid whether it has ended and only its parent has not taken note yet, as in containers without an init */
export const isZombie = (pid) => linux && /\) Z /.test(read(`/proc/${pid}/stat`) ?? '');

/** @param {number} pid @param {string} text whether the process was started with that text on its command line */
export const commandLineHas = (pid, text) => (commandLine(pid) ?? '').includes(text);

/** Of Linux: /proc/<pid>/stat counts in clock ticks, 100 a second (proc(5)). */
const MS_PER_TICK = 10;

/** @param {number | undefined} pid @returns {number | undefined} the time of a processor that it has used, in ms; undefined where that cannot be read */
export function processorMs(pid) {
  const stat = linux && pid ? read(`/proc/${pid}/stat`) : undefined;
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields && (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** @param {number} pid @returns {number | undefined} */
export function parentOf(pid) {
  const parent = Number(linux ? /^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1] : ps(pid, 'ppid'));
  return Number.isNaN(parent) ? undefined : parent;
}

const linux = process.platform === 'linux';

function startOf(pid) {
  if (!linux) return ps(pid, 'lstart');
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before it may hold spaces
  const dead = fields === undefined || fields[0] === 'Z' || fields[0] === 'X';
  return dead ? undefined : `${bootId()}/${fields[19]}`; // ticks since the boot: together unique
}

let boot;
const bootId = () => (boot ??= read('/proc/sys/kernel/random/boot_id')?.trim() ?? '');

const commandLine = (pid) => (linux ? read(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ') : ps(pid, 'args'));

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function ps(pid, column) {
  try {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    return execFileSync('ps', ['-p', String(pid), '-o', `${column}=`], options).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** @param {ProcessRecord} record resolves when it has ended, false when it has not within that time */
export async function hasEnded(record, withinMs = Infinity) {
  const until = Date.now() + withinMs;
  for (let wait = 20; isAlive(record); wait = Math.min(wait * 1.5, 250)) {
    if (Date.now() > until) return false;
    await sleep(wait);
  }
  return true;
}

/**
 * Asks a process to end, and ends it when it does not.
 * @param {ProcessRecord | undefined} record nothing happens unless that very process runs
 * @param {{ signal?: NodeJS.Signals, graceMs?: number }} [options]
 */
export async function end(record, { signal = 'SIGTERM', graceMs = 10_000 } = {}) {
  if (!isAlive(record)) return;
  kill(record.pid, signal);
  if (await hasEnded(record, graceMs)) return;
  kill(record.pid, 'SIGKILL');
  await hasEnded(record, 5_000);
}

function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
