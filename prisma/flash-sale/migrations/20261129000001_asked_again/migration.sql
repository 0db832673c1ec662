-- AlterTable
ALTER TABLE "sales" ADD COLUMN "returned_confirmed" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "waiting_since" TIMESTAMPTZ(3),
ADD COLUMN "asked_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "claims" ADD COLUMN "address" JSONB,
ADD COLUMN "won_at" TIMESTAMPTZ(3),
ADD COLUMN "asked_at" TIMESTAMPTZ(3);


-- What is asked for again when no answer comes: few rows, however many sales and wins there have been. Sales that have closed
-- before this migration are asked for once, and inventory answers what it has of them.
CREATE INDEX "sales_unanswered" ON "sales"("created_at") WHERE "state" = 'preparing' OR "returned" > "returned_confirmed";
CREATE INDEX "claims_unplaced" ON "claims"("won_at") WHERE "win" = 'held' AND "address" IS NOT NULL;
