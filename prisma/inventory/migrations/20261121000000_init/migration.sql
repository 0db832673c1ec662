-- CreateTable
CREATE TABLE "products" (
    "sku" TEXT NOT NULL,
    "name" TEXT,
    "price_amount" BIGINT,
    "price_currency" CHAR(3),
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "products_pkey" PRIMARY KEY ("sku")
);

-- CreateTable
CREATE TABLE "stock" (
    "sku" TEXT NOT NULL,
    "warehouse" TEXT NOT NULL,
    "received" BIGINT NOT NULL DEFAULT 0,
    "on_hand" BIGINT NOT NULL DEFAULT 0,
    "reserved" BIGINT NOT NULL DEFAULT 0,
    "allotted" BIGINT NOT NULL DEFAULT 0,
    "issued" BIGINT NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "stock_pkey" PRIMARY KEY ("sku","warehouse")
);

-- CreateTable
CREATE TABLE "reservations" (
    "order_id" UUID NOT NULL,
    "user_id" UUID,
    "status" TEXT,
    "allocation" JSONB NOT NULL DEFAULT '[]',
    "parcels" JSONB NOT NULL DEFAULT '[]',
    "reason" TEXT,
    "skus" JSONB,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "reservations_pkey" PRIMARY KEY ("order_id")
);

-- CreateTable
CREATE TABLE "receipts" (
    "id" TEXT NOT NULL,
    "sku" TEXT,
    "reference" TEXT,
    "warehouse" TEXT,
    "quantity" BIGINT,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "receipts_pkey" PRIMARY KEY ("id")
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
ALTER TABLE "products" ADD CONSTRAINT "products_complete" CHECK (
    "version" = 0 OR ("name" IS NOT NULL AND "price_amount" IS NOT NULL AND "price_amount" >= 0 AND "price_currency" IS NOT NULL)
);
ALTER TABLE "reservations" ADD CONSTRAINT "reservations_complete" CHECK (
    "version" = 0 OR ("user_id" IS NOT NULL AND "status" IS NOT NULL AND "status" IN ('held', 'rejected') AND ("status" = 'rejected') = ("reason" IS NOT NULL))
);
ALTER TABLE "receipts" ADD CONSTRAINT "receipts_complete" CHECK (
    "version" = 0 OR ("sku" IS NOT NULL AND "reference" IS NOT NULL AND "warehouse" IS NOT NULL AND "quantity" IS NOT NULL AND "quantity" > 0)
);

-- No piece appears or disappears: what came in is somewhere.
ALTER TABLE "stock" ADD CONSTRAINT "stock_none_negative" CHECK (
    "received" >= 0 AND "on_hand" >= 0 AND "reserved" >= 0 AND "allotted" >= 0 AND "issued" >= 0
);
ALTER TABLE "stock" ADD CONSTRAINT "stock_adds_up" CHECK ("received" = "on_hand" + "reserved" + "allotted" + "issued");
