// @ts-nocheck
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { databaseAddress } from '@sluice/stack/databases/address';
import { databaseName } from '@sluice/stack/databases/databases';
import { holderOf } from '@sluice/stack/lock';
import { unprivilegedUser } from '@sluice/stack/reachable';
import { run } from '@sluice/stack/run';

/** More than half an hour of orders writes. It is memory, and only what is used of it. */
const ROOM = '3g';
const TABLESPACE = 'small_disk';
/** The last page of a file may be given out already; what PostgreSQL writes there is no new room. Bytes. */
const PAGE = 4_096;

/** A busy database writes a new page every few milliseconds; a mount takes as long. */
const TRIES = 50;

const folderOf = (dir) => path.join(dir, 'small-disk');

/**
 * A file system of its own for the data of all databases, which can be made full. PostgreSQL's log of changes (pg_wal) stays
 * where it was: full, it would end the server (a PANIC), and with it the fault. A tmpfs: its size can be changed at any time,
 * so it is made full by making it as small as what is on it.
 */
export class SmallDisk {
  /** @param {string} folder a mounted one */
  constructor(folder) {
    this.folder = folder;
  }

  /**
   * @param {import('@sluice/stack/state-directory').Home} stateDirectory
   * @returns {Promise<SmallDisk | undefined>} undefined where we may not mount: that takes root, on Linux
   */
  static async mount({ dir }) {
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

  /**
   * Moves all databases onto it. Nobody may be connected to them.
   * @param {string} url of the administrator @param {readonly string[]} services
   */
  async take(url, services) {
    const client = new pg.Client(databaseAddress(url));
    await client.connect();
    try {
      await client.query(`CREATE TABLESPACE ${TABLESPACE} LOCATION '${path.join(this.folder, 'data')}'`);
      for (const service of services)
        await client.query(`ALTER DATABASE ${databaseName(service)} SET TABLESPACE ${TABLESPACE}`);
    } finally {
      await client.end();
    }
  }

  /** Nothing more goes onto it. What has been written meanwhile makes it too large for the size that was wanted: tried again. */
  async fill(tries = TRIES) {
    const { blocks, bfree, bsize } = statfsSync(this.folder);
    try {
      await this.#resize(String((blocks - bfree) * bsize + PAGE));
    } catch (error) {
      if (tries <= 1) throw error;
      await this.fill(tries - 1);
    }
  }

  empty() {
    return this.#resize(ROOM);
  }

  #resize(size) {
    return run('mount', ['-o', `remount,size=${size}`, this.folder], { label: 'mount -o remount' });
  }
}

/** @param {import('@sluice/stack/state-directory').Home} stateDirectory whose servers have ended */
export async function unmount({ dir }) {
  if (isMounted(folderOf(dir))) await run('umount', ['--lazy', folderOf(dir)], { label: 'umount' });
}

/** Of runs that were killed. @param {string} prefix of their homes in the folder for temporary files */
export async function unmountAbandoned(prefix, lock) {
  const dirs = readdirSync(tmpdir())
    .filter((name) => name.startsWith(prefix))
    .map((name) => path.join(tmpdir(), name));
  for (const dir of dirs)
    if (existsSync(path.join(dir, lock)) && !holderOf(path.join(dir, lock))) await unmount({ dir });
}

const MOUNTS = '/proc/self/mounts';
const isMounted = (folder) =>
  existsSync(MOUNTS) &&
  readFileSync(MOUNTS, 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[1] === folder);
