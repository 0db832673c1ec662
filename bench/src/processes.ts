import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** One process of this machine. */
export interface Process {
  pid: number;
  parent: number;
  command: string;
  /** Processor time so far, also of children that have ended. Milliseconds; Linux alone reports it here. */
  cpuMs: number;
}

/** Memory in bytes. */
export interface Memory {
  rss: number;
  /** Shares out what several processes have in common, so that only sums of pss are true. Linux alone reports it. */
  pss?: number | undefined;
}

/** Of Linux: /proc/<pid>/stat counts in clock ticks, 100 a second (proc(5)). */
const MS_PER_TICK = 10;
const linux = process.platform === 'linux';

/** Every process of this machine that this user may inspect. */
export const allProcesses = (): Process[] => (linux ? fromProc() : fromPs());

function fromProc(): Process[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      // Behind the name, which may contain spaces: state, parent, ...; user and system time, those of ended children.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      return [{ pid: Number(pid), parent: Number(fields[1]), command, cpuMs: ticks * MS_PER_TICK }];
    } catch {
      return []; // it ended meanwhile
    }
  });
}

function fromPs(): Process[] {
  const lines = execFileSync('ps', ['-axo', 'pid=,ppid=,args='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid, parent, ...command] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), command: command.join(' '), cpuMs: NaN };
  });
}

/** Memory of a process; 0 when it has ended. */
export function memoryOf(pid: number): Memory {
  try {
    return linux
      ? { rss: kilobytes(pid, 'status', 'VmRSS'), pss: kilobytes(pid, 'smaps_rollup', 'Pss') }
      : { rss: Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024 };
  } catch {
    return { rss: 0 };
  }
}

const kilobytes = (pid: number, file: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1] ?? 0) * 1024;

/** The root processes and all that descend from them. */
export function withDescendants(processes: readonly Process[], roots: readonly number[]): Process[] {
  const found = new Set(processes.filter(({ pid }) => roots.includes(pid)));
  for (const { pid } of found) for (const child of processes.filter(({ parent }) => parent === pid)) found.add(child); // visited as well
  return [...found];
}

/** Root processes by the name of their part of the system: `{ orders: [4711], PostgreSQL: [4712] }`. */
export type Parts = Readonly<Record<string, readonly number[]>>;

/** Processor time so far of each part, its descendants included. Milliseconds. */
export function cpuOf(parts: Parts): Record<string, number> {
  const processes = allProcesses();
  return mapParts(parts, (roots) => withDescendants(processes, roots).reduce((sum, { cpuMs }) => sum + cpuMs, 0));
}

/** Proportional memory of each part, its descendants included. MB. */
export function memoryMbOf(parts: Parts): Record<string, number> {
  const processes = allProcesses();
  const megabytes = ({ rss, pss = rss }: Memory): number => pss / 1024 / 1024;
  return mapParts(parts, (roots) =>
    withDescendants(processes, roots).reduce((sum, { pid }) => sum + megabytes(memoryOf(pid)), 0),
  );
}

const mapParts = (parts: Parts, value: (roots: readonly number[]) => number): Record<string, number> =>
  Object.fromEntries(Object.entries(parts).map(([part, roots]) => [part, value(roots)]));

export const total = (values: Record<string, number>): number =>
  Object.values(values).reduce((sum, value) => sum + value, 0);
