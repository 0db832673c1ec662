-- CreateTable
CREATE TABLE "orders" (
    "id" UUID NOT NULL,
    "user_id" UUID,
    "body_hash" TEXT,
    "status" TEXT,
    "reason" TEXT,
    "lines" JSONB,
    "address" JSONB,
    "currency" CHAR(3),
    "subtotal" BIGINT,
    "discount" BIGINT NOT NULL DEFAULT 0,
    "total" BIGINT,
    "placed_at" TIMESTAMPTZ(3),
    "allocation" JSONB,
    "pay_by" TIMESTAMPTZ(3),
    "payment_id" UUID,
    "paid_at" TIMESTAMPTZ(3),
    "parcels" JSONB NOT NULL DEFAULT '[]',
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "order_history" (
    "order_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "type" TEXT NOT NULL,
    "detail" JSONB NOT NULL,

    CONSTRAINT "order_history_pkey" PRIMARY KEY ("order_id","version")
);

-- CreateTable
CREATE TABLE "product_copies" (
    "sku" TEXT NOT NULL,
    "name" TEXT,
    "amount" BIGINT,
    "currency" CHAR(3),
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "product_copies_pkey" PRIMARY KEY ("sku")
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
CREATE INDEX "orders_user_id_placed_at_id_idx" ON "orders"("user_id", "placed_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "outbox_created_at_idx" ON "outbox"("created_at");


-- A placeholder (version 0) may be empty; a row may not, and each status has what it stands on.
ALTER TABLE "orders" ADD CONSTRAINT "orders_complete" CHECK (
    "version" = 0 OR (
        "user_id" IS NOT NULL AND "body_hash" IS NOT NULL AND "lines" IS NOT NULL AND "address" IS NOT NULL AND "placed_at" IS NOT NULL
        AND "currency" IS NOT NULL AND "subtotal" IS NOT NULL AND "total" IS NOT NULL
        AND "discount" BETWEEN 0 AND "subtotal" AND "total" = "subtotal" - "discount"
        AND ("payment_id" IS NULL) = ("paid_at" IS NULL)
        AND "status" IS NOT NULL
        AND "status" IN ('pending', 'awaiting_payment', 'paid', 'shipped', 'completed', 'rejected', 'cancelled')
        AND ("status" IN ('rejected', 'cancelled')) = ("reason" IS NOT NULL)
        AND ("status" <> 'awaiting_payment' OR ("allocation" IS NOT NULL AND "pay_by" IS NOT NULL))
        AND ("status" NOT IN ('paid', 'shipped', 'completed') OR ("allocation" IS NOT NULL AND "payment_id" IS NOT NULL))
    )
);
ALTER TABLE "product_copies" ADD CONSTRAINT "product_copies_complete" CHECK (
    "version" = 0 OR ("name" IS NOT NULL AND "amount" IS NOT NULL AND "amount" >= 0 AND "currency" IS NOT NULL)
);
