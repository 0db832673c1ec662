-- AlterTable
ALTER TABLE "orders" ADD COLUMN     "flash_sale_id" UUID;
