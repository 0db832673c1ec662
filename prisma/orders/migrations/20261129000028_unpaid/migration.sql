-- CreateTable
CREATE TABLE "customers" (
    "user_id" UUID NOT NULL,
    "verified_at" TIMESTAMPTZ(3),
    "placed" JSONB,
    "placed_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "customers_pkey" PRIMARY KEY ("user_id")
);

-- AlterTable
ALTER TABLE "orders" ADD COLUMN "limit_reached" TEXT;

-- A rejected order says which bound on what is unpaid it went beyond.
ALTER TABLE "orders" ADD CONSTRAINT "orders_limit_reached" CHECK (
    "limit_reached" IS NULL OR "limit_reached" IN ('unpaid_orders', 'unpaid_pieces') AND "status" = 'rejected' AND "reason" = 'not_orderable'
);
-- Every order of a customer writes this row: room on its page keeps that from touching the index.
ALTER TABLE "customers" SET (fillfactor = 70);

-- The unpaid orders of one user: few rows, whatever the number of orders. Those of sales have a bound of their own.
CREATE INDEX "orders_unpaid_idx" ON "orders" ("user_id") WHERE "status" IN ('pending', 'awaiting_payment') AND "flash_sale_id" IS NULL;

-- Pieces by order id, of each customer. Read for given customers after their rows are locked, so it has what others have committed.
-- Beyond the highest bound that can be set more orders say nothing more.
CREATE VIEW "unpaid_orders" AS
SELECT c."user_id", (
    SELECT coalesce(jsonb_object_agg(o."id", (SELECT sum((line ->> 'quantity')::int) FROM jsonb_array_elements(o."lines") AS line)), '{}')
    FROM (
        SELECT "id", "lines" FROM "orders"
        WHERE "user_id" = c."user_id" AND "status" IN ('pending', 'awaiting_payment') AND "flash_sale_id" IS NULL
        LIMIT 10000
    ) AS o
) AS "orders"
FROM "customers" AS c;
