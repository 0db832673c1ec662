-- AlterTable
ALTER TABLE "payables" ADD COLUMN     "lapsed_at" TIMESTAMPTZ(3),
ADD COLUMN     "pay_by" TIMESTAMPTZ(3);
