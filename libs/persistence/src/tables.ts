/**
 * SQL of the two tables that a unit of work needs beside those of the service: the ids of handled messages, and the
 * messages that are not confirmed by the broker yet. Run it once, as a migration of your own.
 */
export const TABLES_SQL = `
  CREATE TABLE inbox (id uuid PRIMARY KEY, received_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP);
  CREATE INDEX inbox_received_at_idx ON inbox (received_at);
  CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    wire jsonb NOT NULL,
    created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
  );`;
