-- AlterTable
ALTER TABLE "deliveries" ADD COLUMN "reason" TEXT;

-- CreateTable
CREATE TABLE "texts" (
    "id" UUID NOT NULL,
    "user_id" UUID,
    "about" TEXT,
    "text" TEXT,
    "phone" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "asked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "texts_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "texts_asked_at_idx" ON "texts"("asked_at");


-- A placeholder (version 0) may be empty; a row may not. What was not sent has a reason instead of a time.
ALTER TABLE "deliveries" DROP CONSTRAINT "deliveries_complete";
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_complete" CHECK (
    "version" = 0 OR (
        "user_id" IS NOT NULL AND "channel" IS NOT NULL AND "channel" IN ('sms', 'email', 'inbox')
        AND "about" IS NOT NULL AND "text" IS NOT NULL AND "created_at" IS NOT NULL
        AND "status" IS NOT NULL AND "status" IN ('kept', 'sent', 'refused', 'expired')
        AND ("sent_at" IS NOT NULL) = ("status" IN ('kept', 'sent')) AND ("reason" IS NOT NULL) = ("status" IN ('refused', 'expired'))
    )
);
ALTER TABLE "texts" ADD CONSTRAINT "texts_complete" CHECK (
    "version" = 0 OR ("user_id" IS NOT NULL AND "about" IS NOT NULL AND "text" IS NOT NULL AND "phone" IS NOT NULL)
);
