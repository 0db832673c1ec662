import { chownSync, existsSync, mkdirSync, readFileSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { databaseName } from '@sluice/stack/databases/databases';
import { queryRows } from '@sluice/stack/databases/query-rows';
import { unprivilegedUser } from '@sluice/stack/reachable';
import { run } from '@sluice/stack/run';
import type { StateDirectory } from '@sluice/stack/state-directory';

/** More than half an hour of orders writes. It is memory, and only what is used of it. */
const ROOM = '3g';
const TABLESPACE = 'small_disk';
/** The last page of a file may be allocated already; what PostgreSQL writes there takes no new room. Bytes. */
const PAGE = 4_096;

/** A busy database writes a new page every few milliseconds; a mount takes as long. */
const TRIES = 50;

const folderOf = (dir: string): string => path.join(dir, 'small-disk');

/**
 * A file system of its own for the data of all databases, which can be made full. PostgreSQL's log of changes (pg_wal)
 * stays where it was: full, it would end the server (a PANIC), and with it the fault. A tmpfs: its size can be changed
 * at any time, so it is made full by making it as small as what is on it.
 */
export class SmallDisk {
  private constructor(private readonly folder: string) {}

  /** @returns undefined where mounting is not allowed: it takes root, on Linux */
  static async mount({ dir }: StateDirectory): Promise<SmallDisk | undefined> {
    const user = unprivilegedUser();
    if (!user) return undefined; // not root
    const folder = folderOf(dir);
    mkdirSync(folder, { recursive: true });
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${ROOM},mode=0711`, 'sluice-chaos', folder], { label: 'mount' });
    } catch {
      return undefined; // a container without the right to mount
    }
    const data = path.join(folder, 'data');
    mkdirSync(data, { mode: 0o700 });
    chownSync(data, user.uid, user.gid);
    return new SmallDisk(folder);
  }

  /** Moves all databases onto it. Nobody may be connected to them. @param url of the administrator */
  async take(url: string, services: readonly string[]): Promise<void> {
    await queryRows(url, `CREATE TABLESPACE ${TABLESPACE} LOCATION '${path.join(this.folder, 'data')}'`);
    for (const service of services)
      await queryRows(url, `ALTER DATABASE ${databaseName(service)} SET TABLESPACE ${TABLESPACE}`);
  }

  /** Takes all free room. What was written meanwhile makes it too large for the new size: tried again. */
  async fill(tries = TRIES): Promise<void> {
    const { blocks, bfree, bsize } = statfsSync(this.folder);
    try {
      await this.#resize(String((blocks - bfree) * bsize + PAGE));
    } catch (error) {
      if (tries <= 1) throw error;
      await this.fill(tries - 1);
    }
  }

  empty(): Promise<unknown> {
    return this.#resize(ROOM);
  }

  #resize(size: string): Promise<unknown> {
    return run('mount', ['-o', `remount,size=${size}`, this.folder], { label: 'mount -o remount' });
  }
}

/** Of a state directory whose servers have ended. */
export async function unmount({ dir }: Pick<StateDirectory, 'dir'>): Promise<void> {
  if (isMounted(folderOf(dir))) await run('umount', ['--lazy', folderOf(dir)], { label: 'umount' });
}

const MOUNTS = '/proc/self/mounts';
const isMounted = (folder: string): boolean =>
  existsSync(MOUNTS) &&
  readFileSync(MOUNTS, 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[1] === folder);
