import type { Pool } from 'pg';

/** What time it is by the clock of the database, which the rules of a unit of work go by too. */
export async function databaseTime(pool: Pick<Pool, 'query'>): Promise<Date> {
  const { rows } = await pool.query<{ now: Date }>('SELECT now() AS now');
  return rows[0]!.now;
}
