import { readFileSync } from 'node:fs';
import pg from 'pg';

/** PostgreSQL counts what a backend has committed at most a second after the commit (pgstat's flush interval). */
const COMMITS = 'SELECT datname AS name, xact_commit::float AS n FROM pg_stat_database WHERE datname IS NOT NULL';

/**
 * Counters beside those of the orders: transactions of each database, bytes that the broker has written to files, and
 * the processor time of this process, which makes the load.
 */
export async function counterReader(url: string, brokerPid: number): Promise<() => Promise<Record<string, number>>> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // the server is stopped before this process
  await client.connect();
  return async () => {
    const { rows } = await client.query<{ name: string; n: number }>(COMMITS);
    const commits = rows.map(({ name, n }) => [`commits ${name.replace('sluice_', '')}`, n] as const);
    const { user, system } = process.cpuUsage();
    return { ...Object.fromEntries(commits), broker: writtenBytes(brokerPid), load: (user + system) / 1_000 };
  };
}

/** Bytes that a process has caused to be written to a disk (proc(5), /proc/<pid>/io); NaN except on Linux. */
function writtenBytes(pid: number): number {
  try {
    return Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
  } catch {
    return NaN;
  }
}
