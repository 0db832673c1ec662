-- How a person wants to be told: null stands for no address, and for every channel.
-- AlterTable
ALTER TABLE "accounts" ADD COLUMN "email" TEXT,
ADD COLUMN "language" TEXT NOT NULL DEFAULT 'en',
ADD COLUMN "channels" JSONB;
