-- AlterTable
ALTER TABLE "recipients" ADD COLUMN "watches" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "watches" (
    "sku" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "watching" BOOLEAN NOT NULL DEFAULT false,
    "changed_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "watches_pkey" PRIMARY KEY ("sku","user_id")
);

-- Watches that have ended are kept for a day, then deleted.
CREATE INDEX "watches_ended_idx" ON "watches"("changed_at") WHERE NOT "watching";

ALTER TABLE "watches" ADD CONSTRAINT "watches_complete" CHECK ("version" = 0 OR "changed_at" IS NOT NULL);
