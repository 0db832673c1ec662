-- AlterTable
ALTER TABLE "orders" ADD COLUMN     "cancellation_requested_at" TIMESTAMPTZ(3),
ADD COLUMN     "coupon" TEXT,
ADD COLUMN     "coupon_redeemed_at" TIMESTAMPTZ(3),
ADD COLUMN     "pay_within_seconds" INTEGER,
ALTER COLUMN "discount" DROP NOT NULL,
ALTER COLUMN "discount" DROP DEFAULT,
ALTER COLUMN "parcels" DROP NOT NULL,
ALTER COLUMN "parcels" DROP DEFAULT;

-- A row is a placeholder (version 0, may be empty), an order with all that its status stands on, or the cancellation of an
-- order that has not come yet, which is nothing but its id and whose it is.
ALTER TABLE "orders" DROP CONSTRAINT "orders_complete";
ALTER TABLE "orders" ADD CONSTRAINT "orders_complete" CHECK (
    "version" = 0
    OR (
        "placed_at" IS NULL AND "version" = 1
        AND "user_id" IS NOT NULL AND "status" IS NOT DISTINCT FROM 'cancelled' AND "reason" IS NOT DISTINCT FROM 'customer'
        AND num_nonnulls(
            "body_hash", "lines", "address", "currency", "subtotal", "discount", "total", "coupon", "coupon_redeemed_at", "pay_within_seconds",
            "allocation", "pay_by", "payment_id", "paid_at", "refunded_at", "cancellation_requested_at", "parcels"
        ) = 0
    )
    OR (
        "placed_at" IS NOT NULL
        AND "user_id" IS NOT NULL AND "body_hash" IS NOT NULL AND "lines" IS NOT NULL AND "address" IS NOT NULL AND "parcels" IS NOT NULL
        AND "currency" IS NOT NULL AND "subtotal" IS NOT NULL AND "discount" IS NOT NULL AND "total" IS NOT NULL
        AND "discount" BETWEEN 0 AND "subtotal" AND "total" = "subtotal" - "discount"
        AND ("coupon_redeemed_at" IS NULL OR "coupon" IS NOT NULL)
        AND ("coupon_redeemed_at" IS NOT NULL OR "discount" = 0)
        AND ("pay_within_seconds" IS NULL OR "pay_within_seconds" BETWEEN 1 AND 2592000)
        AND ("payment_id" IS NULL) = ("paid_at" IS NULL)
        AND "status" IS NOT NULL
        AND "status" IN ('pending', 'awaiting_payment', 'paid', 'shipped', 'completed', 'rejected', 'cancelled')
        AND ("status" IN ('rejected', 'cancelled')) = ("reason" IS NOT NULL)
        AND ("reason" IS DISTINCT FROM 'coupon_rejected' OR ("status" = 'rejected' AND "coupon" IS NOT NULL))
        AND ("status" <> 'awaiting_payment' OR ("allocation" IS NOT NULL AND "pay_by" IS NOT NULL))
        AND ("status" NOT IN ('paid', 'shipped', 'completed') OR ("allocation" IS NOT NULL AND "payment_id" IS NOT NULL))
        AND ("status" NOT IN ('awaiting_payment', 'paid', 'shipped', 'completed') OR "coupon" IS NULL OR "coupon_redeemed_at" IS NOT NULL)
        AND ("cancellation_requested_at" IS NULL OR "status" IN ('paid', 'shipped', 'completed', 'cancelled'))
    )
);

-- What the sweep looks for: few rows, whatever the size of the history.
CREATE INDEX "orders_pending_idx" ON "orders" ("placed_at") WHERE "status" = 'pending';

-- AlterTable
ALTER TABLE "order_history" ADD COLUMN     "status" TEXT;

-- What an order was after an entry follows from the last of its own facts until then; the entries about parcels and refunds changed nothing.
UPDATE "order_history" AS h SET "status" = (
    SELECT CASE own."type" WHEN 'order.placed' THEN 'pending' WHEN 'order.priced' THEN 'pending' ELSE substr(own."type", length('order.') + 1) END
    FROM "order_history" AS own
    WHERE own."order_id" = h."order_id" AND own."version" <= h."version" AND own."type" LIKE 'order.%'
    ORDER BY own."version" DESC
    LIMIT 1
);

ALTER TABLE "order_history" ALTER COLUMN "status" SET NOT NULL;
ALTER TABLE "order_history" ADD CONSTRAINT "order_history_status" CHECK (
    "status" IN ('pending', 'awaiting_payment', 'paid', 'shipped', 'completed', 'rejected', 'cancelled')
);
