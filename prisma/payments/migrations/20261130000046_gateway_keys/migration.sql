-- AlterTable
ALTER TABLE "captures" ADD COLUMN     "gateway_key" TEXT;

-- AlterTable
ALTER TABLE "payables" ADD COLUMN     "attempts" INTEGER;

-- CreateTable
CREATE TABLE "stray_charges" (
    "reference" TEXT NOT NULL,
    "gateway_key" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "refund_reference" TEXT NOT NULL,
    "refunded_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "stray_charges_pkey" PRIMARY KEY ("reference")
);
