-- CreateTable
CREATE TABLE "sales" (
    "id" UUID NOT NULL,
    "sku" TEXT,
    "amount" BIGINT,
    "currency" CHAR(3),
    "state" TEXT,
    "quantity" INTEGER NOT NULL DEFAULT 0,
    "remaining" INTEGER NOT NULL DEFAULT 0,
    "held" INTEGER NOT NULL DEFAULT 0,
    "sold" INTEGER NOT NULL DEFAULT 0,
    "returned" INTEGER NOT NULL DEFAULT 0,
    "round" INTEGER NOT NULL DEFAULT 0,
    "opens_at" TIMESTAMPTZ(3),
    "closes_at" TIMESTAMPTZ(3),
    "pay_within_seconds" INTEGER,
    "created_at" TIMESTAMPTZ(3),
    "drained" INTEGER NOT NULL DEFAULT 0,
    "told_at" TIMESTAMPTZ(3),
    "told_version" INTEGER NOT NULL DEFAULT 0,
    "told_drained" INTEGER NOT NULL DEFAULT 0,
    "per_second" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "sales_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "claims" (
    "sale_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "round" INTEGER NOT NULL DEFAULT 0,
    "lost" TEXT,
    "won_round" INTEGER,
    "order_id" UUID,
    "win" TEXT,
    "end_reason" TEXT,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "claims_pkey" PRIMARY KEY ("sale_id","user_id")
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
CREATE INDEX "sales_created_at_id_idx" ON "sales"("created_at", "id");

-- CreateIndex
CREATE INDEX "outbox_created_at_idx" ON "outbox"("created_at");


-- A placeholder (version 0) may be empty; a row may not. Neither oversold nor undersold, whatever the code believes.
ALTER TABLE "sales" ADD CONSTRAINT "sales_complete" CHECK (
    "version" = 0 OR (
        "sku" IS NOT NULL AND "amount" IS NOT NULL AND "amount" >= 0 AND "currency" IS NOT NULL
        AND "opens_at" IS NOT NULL AND "closes_at" IS NOT NULL AND "opens_at" < "closes_at"
        AND "pay_within_seconds" IS NOT NULL AND "pay_within_seconds" > 0
        AND "created_at" IS NOT NULL AND "told_at" IS NOT NULL
        AND "state" IS NOT NULL AND "state" IN ('preparing', 'refused', 'scheduled', 'open', 'sold-out', 'closed')
    )
);
ALTER TABLE "sales" ADD CONSTRAINT "sales_conserved" CHECK (
    "version" = 0 OR (
        "quantity" > 0 AND "quantity" = "remaining" + "held" + "sold"
        AND least("remaining", "held", "sold", "returned", "round", "drained") >= 0
        AND "returned" = CASE WHEN "state" = 'closed' THEN "remaining" ELSE 0 END
    )
);
ALTER TABLE "sales" ADD CONSTRAINT "sales_state" CHECK (
    "version" = 0 OR CASE "state"
        WHEN 'open' THEN "remaining" > 0 AND "round" > 0
        WHEN 'sold-out' THEN "remaining" = 0 AND "round" > 0
        WHEN 'closed' THEN true
        ELSE "remaining" = "quantity" AND "round" = 0
    END
);
ALTER TABLE "claims" ADD CONSTRAINT "claims_complete" CHECK (
    "version" = 0 OR (
        "round" > 0
        AND ("won_round" IS NULL) = ("win" IS NULL) AND ("win" IS NULL) = ("order_id" IS NULL)
        AND ("win" IS NULL OR "win" IN ('held', 'paid', 'expired'))
        AND ("won_round" IS NULL OR "won_round" <= "round")
        AND ("lost" IS NULL) = ("won_round" IS NOT NULL AND "won_round" = "round")
        AND ("end_reason" IS NULL OR "win" IS NOT NULL)
    )
);

-- What the clock has to look at: few rows, however many sales there have been.
CREATE INDEX "sales_living" ON "sales"("closes_at") WHERE "state" IN ('scheduled', 'open', 'sold-out');
-- Every claim of a burst updates one row: room on its page keeps that from touching the indexes.
ALTER TABLE "sales" SET (fillfactor = 50);
