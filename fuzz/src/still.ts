// @ts-nocheck
import { Queues } from '@sluice/audit/queues';
import { untilQuiet } from '@sluice/audit/quiet';
import { Databases } from '@sluice/audit/snapshot';

/**
 * Not things of the shop: which messages came, what is to be published, what the migrations did, who tried to sign in,
 * and a
 * carrier's own book.
 */
const LEFT_OUT = new Set(['inbox', 'outbox', '_prisma_migrations', 'sign_in_failures']);

/** Timers and carriers go on; what has not come to rest by then is told from what was written by looking twice. */
const QUIET_WITHIN_MS = 5_000;

/** Looks whether the databases stayed as they were. Reads only, in a transaction that cannot write. */
export class Stored {
  /** @param {Databases} databases @param {Queues} [queues] without, nobody waits for quiet */
  constructor(databases, queues) {
    Object.assign(this, { databases, queues });
  }

  /** @param {{ databases: Record<string, string>, broker: { url: string } }} servers databases: URLs by service */
  static async open({ databases, broker }) {
    const opened = await Databases.open(databases);
    return new Stored(opened, await Queues.open(broker));
  }

  async close() {
    await Promise.all([this.databases.close(), this.queues?.close()]);
  }

  /** As `look`, once no message is on its way. */
  async quietLook() {
    if (this.queues)
      await untilQuiet({ databases: this.databases, queues: this.queues }, { settleMs: QUIET_WITHIN_MS });
    return this.look();
  }

  /** @returns {Promise<Record<string, string>>} of each table how many rows and a sum over what is in them */
  look() {
    return this.databases.atOneMoment(async (snapshots) => {
      const found = {};
      for (const [service, snapshot] of Object.entries(snapshots)) {
        const tables = await snapshot.rows(
          'SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1',
        );
        for (const { name } of tables.filter((table) => !LEFT_OUT.has(table.name))) {
          const [{ sum }] = await snapshot.rows(
            `SELECT count(*) || ' rows, ' || coalesce(sum(hashtextextended(t::text, 0)), 0) AS sum FROM "${name}" AS t`,
          );
          found[`${service}.${name}`] = sum;
        }
      }
      return found;
    });
  }
}

/** @returns {string[]} the tables that differ, and how */
export const changesBetween = (before, after) =>
  Object.keys(after)
    .filter((table) => before[table] !== after[table])
    .map((table) => `${table}: ${before[table]} → ${after[table]}`);
