-- CreateTable
CREATE TABLE "parcels" (
    "id" UUID NOT NULL,
    "order_id" UUID,
    "user_id" UUID,
    "warehouse" TEXT,
    "lines" JSONB,
    "address" JSONB,
    "status" TEXT,
    "carrier_reference" TEXT,
    "created_at" TIMESTAMPTZ(3),
    "dispatched_at" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "parcels_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "fake_carrier_jobs" (
    "parcel_id" UUID NOT NULL,
    "next" TEXT,
    "due_at" TIMESTAMPTZ(3),
    "correlation_id" TEXT,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "fake_carrier_jobs_pkey" PRIMARY KEY ("parcel_id")
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
CREATE UNIQUE INDEX "parcels_order_id_warehouse_key" ON "parcels"("order_id", "warehouse");

-- CreateIndex
CREATE INDEX "fake_carrier_jobs_due_at_idx" ON "fake_carrier_jobs"("due_at");

-- CreateIndex
CREATE INDEX "outbox_created_at_idx" ON "outbox"("created_at");


-- A placeholder (version 0) may be empty; a row may not, and each status has its time.
ALTER TABLE "parcels" ADD CONSTRAINT "parcels_complete" CHECK (
    "version" = 0 OR (
        "order_id" IS NOT NULL AND "user_id" IS NOT NULL AND "warehouse" IS NOT NULL AND "lines" IS NOT NULL AND "address" IS NOT NULL
        AND "created_at" IS NOT NULL
        AND "status" IS NOT NULL AND "status" IN ('preparing', 'dispatched', 'delivered')
        AND ("status" = 'preparing') = ("dispatched_at" IS NULL)
        AND ("status" = 'delivered') = ("delivered_at" IS NOT NULL)
    )
);
ALTER TABLE "fake_carrier_jobs" ADD CONSTRAINT "fake_carrier_jobs_complete" CHECK (
    "version" = 0 OR (
        "correlation_id" IS NOT NULL
        AND "next" IS NOT NULL AND "next" IN ('dispatch', 'deliver', 'nothing')
        AND ("next" = 'nothing') = ("due_at" IS NULL)
    )
);
