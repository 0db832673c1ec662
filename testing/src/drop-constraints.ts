import type { TestDatabase } from './database.js';

/** From now on a test can write rows that the tables would reject, so that it sees whether a check finds them. */
export async function dropConstraints({ pool }: TestDatabase): Promise<void> {
  await pool.query(`DO $$ DECLARE guard record; BEGIN
    FOR guard IN SELECT conrelid::regclass AS "table", conname FROM pg_constraint
      WHERE contype IN ('c', 'p') AND connamespace = 'public'::regnamespace LOOP
      EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', guard."table", guard.conname);
    END LOOP;
    FOR guard IN SELECT indexrelid::regclass AS "index" FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
      WHERE indisunique AND relnamespace = 'public'::regnamespace LOOP
      EXECUTE format('DROP INDEX %s', guard."index");
    END LOOP;
  END $$`);
}
