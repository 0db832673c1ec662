import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** In which the kernel gives out processor time. Shorter than usual, so that a process waits
 * less for it. Microseconds. */
const PERIOD_US = 50_000;

/**
 * A share of a core for a process, by the kernel's quotas (cgroups 1 and 2, both of which need rights that a
 * container's root often has): docs.kernel.org/scheduler/sched-bwc.html
 */
export class Quota {
  private constructor(
    private readonly folder: string,
    private readonly parent: string,
  ) {}

  /** @returns undefined where no group can be made */
  static of(pid: number, share: number): Quota | undefined {
    const parent = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup'].find((folder) => existsSync(`${folder}/cgroup.procs`));
    if (!parent) return undefined;
    const folder = path.join(parent, `sluice-bench-${pid}`);
    const quotaUs = Math.round(PERIOD_US * share);
    try {
      mkdirSync(folder);
      if (existsSync(`${folder}/cpu.cfs_quota_us`)) {
        writeFileSync(`${folder}/cpu.cfs_period_us`, String(PERIOD_US));
        writeFileSync(`${folder}/cpu.cfs_quota_us`, String(quotaUs));
      } else writeFileSync(`${folder}/cpu.max`, `${quotaUs} ${PERIOD_US}`);
      writeFileSync(`${folder}/cgroup.procs`, String(pid));
      return new Quota(folder, parent);
    } catch {
      return undefined;
    }
  }

  /** Returns the process to the group above. */
  end(): void {
    for (const pid of readFileSync(`${this.folder}/cgroup.procs`, 'utf8').split('\n').filter(Boolean))
      writeFileSync(`${this.parent}/cgroup.procs`, pid);
    rmdirSync(this.folder);
  }
}
