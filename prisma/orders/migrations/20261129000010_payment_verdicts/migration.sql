-- AlterTable
ALTER TABLE "orders" ADD COLUMN     "close_asked_at" TIMESTAMPTZ(3);
