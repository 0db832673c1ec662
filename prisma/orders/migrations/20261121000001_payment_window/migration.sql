-- AlterTable
ALTER TABLE "orders" ADD COLUMN     "refunded_at" TIMESTAMPTZ(3);

-- Only a cancelled order gives money back.
ALTER TABLE "orders" ADD CONSTRAINT "orders_refunded" CHECK ("refunded_at" IS NULL OR "status" = 'cancelled');

-- What the sweep looks for: few rows, whatever the size of the history.
CREATE INDEX "orders_awaiting_payment_idx" ON "orders" ("pay_by") WHERE "status" = 'awaiting_payment';
