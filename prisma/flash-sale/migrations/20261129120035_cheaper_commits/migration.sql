-- Sweeps go by id, which grows with time, so the primary key serves them. Those of the version before sort the few rows
-- that there are.
DROP INDEX "outbox_created_at_idx";
