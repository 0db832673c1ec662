import type { AuditedSystem } from '@sluice/audit/audit';
import { Queues } from '@sluice/audit/queues';
import { untilQuiet } from '@sluice/audit/quiet';
import { Databases, type Snapshot } from '@sluice/audit/snapshot';

/** Tables that have nothing of the shop: received messages, messages to be published, migrations, failed sign-ins. */
const LEFT_OUT = new Set(['inbox', 'outbox', '_prisma_migrations', 'sign_in_failures']);

/** Timers and carriers go on; whatever still changes then is recognised by comparing twice. */
const QUIET_WITHIN_MS = 5_000;

/** Of each table how many rows, and a sum over their content. */
export type Checksums = Readonly<Record<string, string>>;

/** Compares the databases of all services. Reads only, in a transaction that cannot write. */
export class TableChecksums {
  private constructor(
    private readonly databases: Databases,
    private readonly queues: Queues,
  ) {}

  static async open({ databases, broker }: AuditedSystem): Promise<TableChecksums> {
    return new TableChecksums(await Databases.open(databases), await Queues.open(broker));
  }

  async close(): Promise<void> {
    await Promise.all([this.databases.close(), this.queues.close()]);
  }

  /** Waits until no message is on its way. */
  async whenQuiet(): Promise<Checksums> {
    await untilQuiet({ databases: this.databases, queues: this.queues }, { settleMs: QUIET_WITHIN_MS });
    return this.databases.atOneMoment(async (snapshots) => {
      const sums: [table: string, sum: string][] = [];
      for (const [service, snapshot] of Object.entries(snapshots))
        for (const [table, sum] of await sumsOf(snapshot)) sums.push([`${service}.${table}`, sum]);
      return Object.fromEntries(sums);
    });
  }
}

async function sumsOf(snapshot: Snapshot): Promise<[table: string, sum: string][]> {
  const tables = await snapshot.rows<{ name: string }>(
    'SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1',
  );
  const names = tables.map(({ name }) => name).filter((name) => !LEFT_OUT.has(name));
  if (names.length === 0) return [];
  const sums = names.map(
    (name) =>
      `SELECT '${name}' AS name, count(*) || ' rows, ' || coalesce(sum(hashtextextended(t::text, 0)), 0) AS sum FROM "${name}" AS t`,
  );
  const rows = await snapshot.rows<{ name: string; sum: string }>(sums.join(' UNION ALL '));
  return rows.map(({ name, sum }) => [name, sum]);
}

/** The tables that differ, and how. */
export const changesBetween = (before: Checksums, after: Checksums): string[] =>
  Object.keys(after)
    .filter((table) => before[table] !== after[table])
    .map((table) => `${table}: ${before[table]} → ${after[table]}`);
