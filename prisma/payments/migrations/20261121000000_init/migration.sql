-- CreateTable
CREATE TABLE "payables" (
    "order_id" UUID NOT NULL,
    "user_id" UUID,
    "amount" BIGINT,
    "currency" CHAR(3),
    "status" TEXT,
    "capture_id" UUID,
    "capturing_since" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "payables_pkey" PRIMARY KEY ("order_id")
);

-- CreateTable
CREATE TABLE "captures" (
    "id" UUID NOT NULL,
    "order_id" UUID,
    "amount" BIGINT,
    "currency" CHAR(3),
    "card_token" TEXT,
    "status" TEXT,
    "gateway_reference" TEXT,
    "reason" TEXT,
    "requested_at" TIMESTAMPTZ(3),
    "settled_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "captures_pkey" PRIMARY KEY ("id")
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
CREATE INDEX "captures_order_id_idx" ON "captures"("order_id");

-- CreateIndex
CREATE INDEX "outbox_created_at_idx" ON "outbox"("created_at");


-- A placeholder (version 0) may be empty; a row may not.
ALTER TABLE "payables" ADD CONSTRAINT "payables_complete" CHECK (
    "version" = 0 OR (
        "user_id" IS NOT NULL AND "amount" IS NOT NULL AND "amount" >= 0 AND "currency" IS NOT NULL
        AND "status" IS NOT NULL AND "status" IN ('open', 'capturing', 'captured')
        AND ("status" = 'open') = ("capture_id" IS NULL)
    )
);
ALTER TABLE "captures" ADD CONSTRAINT "captures_complete" CHECK (
    "version" = 0 OR (
        "order_id" IS NOT NULL AND "amount" IS NOT NULL AND "amount" >= 0 AND "currency" IS NOT NULL
        AND "card_token" IS NOT NULL AND "requested_at" IS NOT NULL
        AND "status" IS NOT NULL AND "status" IN ('pending', 'captured', 'declined')
        AND ("status" = 'pending') = ("settled_at" IS NULL)
        AND ("status" = 'captured') = ("gateway_reference" IS NOT NULL)
    )
);

-- An order is paid at most once, whatever the code believes.
CREATE UNIQUE INDEX "captures_one_per_order" ON "captures"("order_id") WHERE "status" = 'captured';
