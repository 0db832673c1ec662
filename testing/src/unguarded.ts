import type { TestDatabase } from './database.js';

/** From here on a test can write what the tables themselves would refuse: to see that what looks for it finds it. */
export async function unguarded({ pool }: TestDatabase): Promise<void> {
  await pool.query(`DO $$ DECLARE guard record; BEGIN
    FOR guard IN SELECT conrelid::regclass AS "table", conname FROM pg_constraint WHERE contype IN ('c', 'p') AND connamespace = 'public'::regnamespace LOOP
      EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', guard."table", guard.conname);
    END LOOP;
    FOR guard IN SELECT indexrelid::regclass AS "index" FROM pg_index JOIN pg_class ON pg_class.oid = indrelid WHERE indisunique AND relnamespace = 'public'::regnamespace LOOP
      EXECUTE format('DROP INDEX %s', guard."index");
    END LOOP;
  END $$`);
}
