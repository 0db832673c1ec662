-- AlterTable
ALTER TABLE "orders" ADD COLUMN     "cancellation_refused_at" TIMESTAMPTZ(3);

-- Only what was paid can have left.
ALTER TABLE "orders" ADD CONSTRAINT "orders_cancellation_refused" CHECK (
    "cancellation_refused_at" IS NULL OR ("placed_at" IS NOT NULL AND "status" IN ('paid', 'shipped', 'completed', 'cancelled'))
);
