-- AlterTable
ALTER TABLE "deliveries" ADD COLUMN "sequence" INTEGER;
ALTER TABLE "recipients" ADD COLUMN "entries" INTEGER NOT NULL DEFAULT 0;

-- The entries so far. Those that a process of the version before adds later have no number: they are listed, and not on
-- the stream.
UPDATE "deliveries" SET "sequence" = "numbered"."sequence"
FROM (
    SELECT "id", row_number() OVER (PARTITION BY "user_id" ORDER BY "created_at", "id") AS "sequence"
    FROM "deliveries" WHERE "version" > 0 AND "channel" = 'inbox'
) AS "numbered"
WHERE "deliveries"."id" = "numbered"."id";
INSERT INTO "recipients" ("user_id", "entries", "version")
SELECT "user_id", max("sequence"), 1 FROM "deliveries" WHERE "sequence" IS NOT NULL GROUP BY "user_id"
ON CONFLICT ("user_id") DO UPDATE SET "entries" = excluded."entries", "version" = greatest("recipients"."version", 1);

CREATE UNIQUE INDEX "deliveries_sequence_key" ON "deliveries"("user_id", "sequence") WHERE "sequence" IS NOT NULL;
