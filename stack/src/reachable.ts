import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { Failure } from './failure.js';

export interface User {
  uid: number;
  gid: number;
}

/** The user that PostgreSQL runs as, which refuses root; undefined: our own. */
export function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (found) return { uid: Number(found[2]), gid: Number(found[3]) };
  throw new Failure(
    'PostgreSQL does not run as root, and there is no user postgres or nobody',
    'Start as another user, or set DATABASE_URL.',
  );
}

/** Whether every user can reach the place. A checkout beneath root's home, or in a `mktemp -d` folder, is closed to others. */
export function isReachable(place: string): boolean {
  const folder = path.dirname(place);
  if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return false;
  return folder === path.dirname(folder) || isReachable(folder);
}

/** The folder outside of the state directory `dir`, for what another user must reach. */
export const outsideOf = (dir: string): string =>
  path.join('/var/tmp', `sluice-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`);

/** Makes a folder in a place where anybody may write, and refuses one that somebody else has prepared there. */
export function makeOutside(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new Failure(
      `${folder} belongs to somebody else`,
      'Remove it, or set SLUICE_HOME to a folder that every user can reach.',
    );
  }
  chmodSync(folder, 0o711);
  return folder;
}
