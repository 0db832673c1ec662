import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** The memory of one process, in bytes. */
export interface ProcessMemory {
  pid: number;
  parent: number;
  command: string;
  rss: number;
  /** Shares out what several processes have in common, so that only sums of pss are true. Linux alone reports it. */
  pss?: number | undefined;
}

/** Every process of this machine that this user may inspect. */
export const allProcesses = (): ProcessMemory[] => (process.platform === 'linux' ? fromProc() : fromPs());

function fromProc(): ProcessMemory[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      const [parent, rss] = [numberIn(status, 'PPid'), numberIn(status, 'VmRSS') * 1024];
      return [{ pid: Number(pid), parent, command, rss, pss: proportional(pid) }];
    } catch {
      return []; // it ended meanwhile
    }
  });
}

function proportional(pid: string): number | undefined {
  try {
    return numberIn(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), 'Pss') * 1024;
  } catch {
    return undefined;
  }
}

const numberIn = (text: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);

function fromPs(): ProcessMemory[] {
  const lines = execFileSync('ps', ['-axo', 'pid=,ppid=,rss=,args='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid, parent, rss, ...command] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), rss: Number(rss) * 1024, command: command.join(' ') };
  });
}

/** The root processes and all that descend from them. */
export function withDescendants(processes: readonly ProcessMemory[], roots: readonly number[]): ProcessMemory[] {
  const found = new Set(processes.filter(({ pid }) => roots.includes(pid)));
  for (const { pid } of found) for (const child of processes.filter(({ parent }) => parent === pid)) found.add(child); // visited as well
  return [...found];
}
