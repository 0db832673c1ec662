import { Databases } from '../audit/snapshot.mjs';

/**
 * Not things of the shop: which messages came, what is to be published, what the migrations did, who tried to sign in,
 * and a
 * carrier's own book.
 */
const LEFT_OUT = new Set(['inbox', 'outbox', '_prisma_migrations', 'sign_in_failures']);

/** Looks whether the databases stayed as they were. Reads only, in a transaction that cannot write. */
export class Stored {
  /** @param {Databases} databases */
  constructor(databases) {
    this.databases = databases;
  }

  /** @param {Record<string, string>} urls by service */
  static open = async (urls) => new Stored(await Databases.open(urls));

  close() {
    return this.databases.close();
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
