-- AlterTable
ALTER TABLE "orders" ADD COLUMN     "close_requested_at" TIMESTAMPTZ(3);
