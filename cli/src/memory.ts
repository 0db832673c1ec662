// @ts-nocheck
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/**
 * @typedef {{ pid: number, parent: number, command: string, rss: number, pss?: number }} Usage in bytes; pss shares out
 * what several processes have in common, so that only sums of pss are true. Linux alone tells it.
 */

/** @returns {Usage[]} every process of this machine that we may look at */
export const allProcesses = () => (process.platform === 'linux' ? fromProc() : fromPs());

function fromProc() {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return [
        {
          pid: Number(pid),
          parent: number(status, 'PPid'),
          command,
          rss: number(status, 'VmRSS') * 1024,
          pss: proportional(pid),
        },
      ];
    } catch {
      return []; // it ended meanwhile
    }
  });
}

function proportional(pid) {
  try {
    return number(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), 'Pss') * 1024;
  } catch {
    return undefined;
  }
}

const number = (text, field) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);

function fromPs() {
  const lines = execFileSync('ps', ['-axo', 'pid=,ppid=,rss=,args='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [pid, parent, rss, ...command] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), rss: Number(rss) * 1024, command: command.join(' ') };
  });
}

/** @param {Usage[]} processes @param {number[]} roots @returns {Usage[]} these and all that descend from them */
export function withDescendants(processes, roots) {
  const found = processes.filter(({ pid }) => roots.includes(pid));
  for (let i = 0; i < found.length; i++)
    found.push(
      ...processes.filter(({ parent, pid }) => parent === found[i].pid && !found.some((other) => other.pid === pid)),
    );
  return found;
}
