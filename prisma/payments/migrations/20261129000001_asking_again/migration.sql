-- AlterTable
ALTER TABLE "payables" ADD COLUMN     "refund_asked_at" TIMESTAMPTZ(3),
ADD COLUMN     "refund_refusal" TEXT,
ADD COLUMN     "refunding_since" TIMESTAMPTZ(3);


-- What waits for the card gateway: few rows at any time.
CREATE INDEX "payables_waiting_idx" ON "payables" ("order_id") WHERE "status" IN ('capturing', 'voiding', 'refunding');
