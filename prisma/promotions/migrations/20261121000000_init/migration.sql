-- CreateTable
CREATE TABLE "coupons" (
    "code" TEXT NOT NULL,
    "kind" TEXT,
    "value" BIGINT,
    "min_amount" BIGINT,
    "min_currency" CHAR(3),
    "limit" BIGINT,
    "per_user" BIGINT,
    "expires_at" TIMESTAMPTZ(3),
    "redeemed" BIGINT NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "coupons_pkey" PRIMARY KEY ("code")
);

-- CreateTable
CREATE TABLE "coupon_uses" (
    "code" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "orders" BIGINT NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "coupon_uses_pkey" PRIMARY KEY ("code","user_id")
);

-- CreateTable
CREATE TABLE "redemptions" (
    "order_id" UUID NOT NULL,
    "user_id" UUID,
    "code" TEXT,
    "status" TEXT,
    "discount_amount" BIGINT,
    "discount_currency" CHAR(3),
    "reason" TEXT,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "redemptions_pkey" PRIMARY KEY ("order_id")
);

-- CreateTable
CREATE TABLE "points_earnings" (
    "order_id" UUID NOT NULL,
    "user_id" UUID,
    "points" BIGINT,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "points_earnings_pkey" PRIMARY KEY ("order_id")
);

-- CreateTable
CREATE TABLE "points_balances" (
    "user_id" UUID NOT NULL,
    "points" BIGINT NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "points_balances_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "inbox" (
    "id" UUID NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outbox" (
    "id" UUID NOT NULL,
    "wire" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "outbox_created_at_idx" ON "outbox"("created_at");


-- A placeholder (version 0) may be empty; a row may not.
ALTER TABLE "coupons" ADD CONSTRAINT "coupons_complete" CHECK (
    "version" = 0 OR (
        "kind" IS NOT NULL AND "value" IS NOT NULL
        AND "kind" IN ('fixed', 'percent') AND "value" > 0 AND ("kind" = 'fixed' OR "value" <= 100)
        AND ("min_amount" IS NULL OR "min_amount" >= 0) AND ("min_currency" IS NULL OR "min_amount" IS NOT NULL)
        AND ("limit" IS NULL OR "limit" > 0) AND ("per_user" IS NULL OR "per_user" > 0)
    )
);
ALTER TABLE "redemptions" ADD CONSTRAINT "redemptions_complete" CHECK (
    "version" = 0 OR (
        "user_id" IS NOT NULL AND "code" IS NOT NULL AND "status" IS NOT NULL
        AND "status" IN ('redeemed', 'rejected', 'released')
        AND ("status" = 'rejected') = ("reason" IS NOT NULL)
        AND ("discount_amount" IS NULL) = ("discount_currency" IS NULL) AND ("discount_amount" IS NULL OR "discount_amount" >= 0)
        AND ("status" <> 'redeemed' OR "discount_amount" IS NOT NULL) AND ("status" <> 'rejected' OR "discount_amount" IS NULL)
    )
);
ALTER TABLE "points_earnings" ADD CONSTRAINT "points_earnings_complete" CHECK (
    "version" = 0 OR ("user_id" IS NOT NULL AND "points" IS NOT NULL AND "points" > 0)
);

-- A coupon is never in more orders than it is good for, and none comes back twice.
ALTER TABLE "coupons" ADD CONSTRAINT "coupons_within_limit" CHECK ("redeemed" >= 0 AND ("limit" IS NULL OR "redeemed" <= "limit"));
ALTER TABLE "coupon_uses" ADD CONSTRAINT "coupon_uses_none_negative" CHECK ("orders" >= 0);
ALTER TABLE "points_balances" ADD CONSTRAINT "points_balances_none_negative" CHECK ("points" >= 0);
