import type { Pool } from 'pg';

/** Returns the current time of the database server: the same clock that the rules of a unit of work use. */
export async function databaseTime(pool: Pick<Pool, 'query'>): Promise<Date> {
  const { rows } = await pool.query<{ now: Date }>('SELECT now() AS now');
  return rows[0]!.now;
}
