-- AlterTable
ALTER TABLE "recipients" ADD COLUMN "email" TEXT,
ADD COLUMN "language" TEXT NOT NULL DEFAULT 'en',
ADD COLUMN "channels" JSONB,
ADD COLUMN "profile_version" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "emails" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "emails_since" TIMESTAMPTZ(3);

-- A text goes to a number or to an address; one that waits for its person's number has neither.
ALTER TABLE "texts" ADD COLUMN "email" TEXT,
ADD COLUMN "subject" TEXT;
ALTER TABLE "texts" DROP CONSTRAINT "texts_complete";
ALTER TABLE "texts" ADD CONSTRAINT "texts_complete" CHECK (
    "version" = 0 OR (
        "user_id" IS NOT NULL AND "about" IS NOT NULL AND "text" IS NOT NULL
        AND ("phone" IS NOT NULL OR "email" IS NOT NULL) = ("asked_at" IS NOT NULL)
        AND ("phone" IS NULL OR "email" IS NULL) AND ("email" IS NULL) = ("subject" IS NULL)
    )
);
