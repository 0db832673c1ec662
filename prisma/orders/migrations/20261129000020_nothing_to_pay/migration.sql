-- An order that comes to nothing is paid without a payment.
ALTER TABLE "orders" DROP CONSTRAINT "orders_complete";
ALTER TABLE "orders" ADD CONSTRAINT "orders_complete" CHECK (
    "version" = 0
    OR (
        "placed_at" IS NULL AND "version" = 1 AND "recorded_at" IS NOT NULL
        AND "user_id" IS NOT NULL AND "status" IS NOT DISTINCT FROM 'cancelled' AND "reason" IS NOT DISTINCT FROM 'customer'
        AND num_nonnulls(
            "body_hash", "lines", "address", "currency", "subtotal", "discount", "total", "coupon", "coupon_redeemed_at", "pay_within_seconds",
            "allocation", "pay_by", "payment_id", "paid_at", "refunded_at", "cancellation_requested_at", "parcels", "refusal"
        ) = 0
    )
    OR (
        "placed_at" IS NULL AND "version" = 1 AND "recorded_at" IS NOT NULL AND "refusal" IS NOT NULL
        AND "status" IS NOT DISTINCT FROM 'rejected' AND coalesce("reason" IN ('unknown_product', 'not_orderable'), false)
        AND num_nulls("user_id", "body_hash", "lines", "address", "currency", "subtotal", "discount", "total", "parcels") = 0
        AND num_nonnulls("coupon_redeemed_at", "allocation", "pay_by", "payment_id", "paid_at", "refunded_at", "cancellation_requested_at") = 0
        AND "subtotal" = 0 AND "discount" = 0 AND "total" = 0
    )
    OR (
        "placed_at" IS NOT NULL AND "refusal" IS NULL
        AND "user_id" IS NOT NULL AND "body_hash" IS NOT NULL AND "lines" IS NOT NULL AND "address" IS NOT NULL AND "parcels" IS NOT NULL
        AND "currency" IS NOT NULL AND "subtotal" IS NOT NULL AND "discount" IS NOT NULL AND "total" IS NOT NULL
        AND "discount" BETWEEN 0 AND "subtotal" AND "total" = "subtotal" - "discount"
        AND ("coupon_redeemed_at" IS NULL OR "coupon" IS NOT NULL)
        AND ("coupon_redeemed_at" IS NOT NULL OR "discount" = 0)
        AND ("pay_within_seconds" IS NULL OR "pay_within_seconds" BETWEEN 1 AND 2592000)
        AND ("payment_id" IS NULL OR "paid_at" IS NOT NULL) AND ("paid_at" IS NULL OR "payment_id" IS NOT NULL OR "total" = 0)
        AND "status" IS NOT NULL
        AND "status" IN ('pending', 'awaiting_payment', 'paid', 'shipped', 'completed', 'rejected', 'cancelled')
        AND ("status" IN ('rejected', 'cancelled')) = ("reason" IS NOT NULL)
        AND ("reason" IS DISTINCT FROM 'coupon_rejected' OR ("status" = 'rejected' AND "coupon" IS NOT NULL))
        AND ("status" <> 'awaiting_payment' OR ("allocation" IS NOT NULL AND "pay_by" IS NOT NULL))
        AND ("status" NOT IN ('paid', 'shipped', 'completed') OR ("allocation" IS NOT NULL AND "paid_at" IS NOT NULL))
        AND ("status" NOT IN ('awaiting_payment', 'paid', 'shipped', 'completed') OR "coupon" IS NULL OR "coupon_redeemed_at" IS NOT NULL)
        AND ("cancellation_requested_at" IS NULL OR "status" IN ('paid', 'shipped', 'completed', 'cancelled'))
    )
);
