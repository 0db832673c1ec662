-- AlterTable
ALTER TABLE "reservations" ADD COLUMN "flash_sale_id" UUID;

-- CreateTable
CREATE TABLE "allotments" (
    "sale_id" UUID NOT NULL,
    "sku" TEXT,
    "status" TEXT,
    "quantity" BIGINT NOT NULL DEFAULT 0,
    "remaining" JSONB NOT NULL DEFAULT '{}',
    "taken" BIGINT NOT NULL DEFAULT 0,
    "returned" BIGINT NOT NULL DEFAULT 0,
    "available" BIGINT,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "allotments_pkey" PRIMARY KEY ("sale_id")
);

-- A placeholder (version 0) may be empty; a row may not.
ALTER TABLE "allotments" ADD CONSTRAINT "allotments_complete" CHECK (
    "version" = 0 OR ("sku" IS NOT NULL AND "status" IS NOT NULL AND "status" IN ('allotted', 'refused') AND "quantity" > 0 AND ("status" = 'refused') = ("available" IS NOT NULL))
);
-- No sale gives out more than was set aside for it. What remains in each warehouse must add up with the rest, which a CHECK cannot sum up.
ALTER TABLE "allotments" ADD CONSTRAINT "allotments_none_negative" CHECK (
    "taken" >= 0 AND "returned" >= 0 AND NOT jsonb_path_exists("remaining", '$.* ? (@ < 0)')
);
ALTER TABLE "allotments" ADD CONSTRAINT "allotments_not_exceeded" CHECK ("taken" + "returned" <= "quantity");
ALTER TABLE "allotments" ADD CONSTRAINT "allotments_refused_are_empty" CHECK ("status" <> 'refused' OR ("remaining" = '{}' AND "taken" = 0 AND "returned" = 0));
