-- An account was its number. Now a number may have several accounts that have not proved it, and an account may have lost its number.
DELETE FROM "accounts" WHERE "version" = 0;
ALTER TABLE "accounts" DROP CONSTRAINT "accounts_complete";
ALTER TABLE "accounts" DROP CONSTRAINT "accounts_pkey";
ALTER TABLE "accounts" ALTER COLUMN "phone" DROP NOT NULL;
ALTER TABLE "accounts" ALTER COLUMN "id" SET NOT NULL;
DROP INDEX "accounts_id_key";
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_pkey" PRIMARY KEY ("id");

-- AlterTable
ALTER TABLE "accounts" ADD COLUMN "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN "code_resent_at" TIMESTAMPTZ(3),
ADD COLUMN "codes" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "codes_since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN "token_epoch" INTEGER NOT NULL DEFAULT 0;

-- CreateIndex
CREATE INDEX "accounts_phone_idx" ON "accounts"("phone");

-- Who has proved a number has it alone.
CREATE UNIQUE INDEX "accounts_verified_phone_key" ON "accounts"("phone") WHERE "verified_at" IS NOT NULL;

ALTER TABLE "accounts" ADD CONSTRAINT "accounts_complete" CHECK (
    "version" = 0 OR ("name" IS NOT NULL AND "password_hash" IS NOT NULL AND "role" IN ('customer', 'admin') AND "code_tries" >= 0)
);
-- An account without a number has not proved it.
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_number" CHECK ("verified_at" IS NULL OR "phone" IS NOT NULL);

-- CreateTable
CREATE TABLE "phones" (
    "phone" TEXT NOT NULL,
    "codes" INTEGER NOT NULL DEFAULT 0,
    "codes_since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "phones_pkey" PRIMARY KEY ("phone")
);
INSERT INTO "phones" ("phone", "version") SELECT "phone", 1 FROM "accounts";

-- CreateTable
CREATE TABLE "revocations" (
    "id" UUID NOT NULL,
    "user_id" UUID,
    "token_id" UUID,
    "min_epoch" INTEGER,
    "keep" UUID,
    "expires_at" TIMESTAMPTZ(3),
    "changed_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "revocations_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "revocations_changed_at_idx" ON "revocations"("changed_at");

-- CreateIndex
CREATE INDEX "revocations_expires_at_idx" ON "revocations"("expires_at");

ALTER TABLE "revocations" ADD CONSTRAINT "revocations_complete" CHECK (
    "version" = 0 OR (
        "user_id" IS NOT NULL AND "expires_at" IS NOT NULL AND "changed_at" IS NOT NULL
        AND ("token_id" IS NULL) <> ("min_epoch" IS NULL) AND ("token_id" IS NULL OR "token_id" = "id")
    )
);

-- CreateTable
CREATE TABLE "known_addresses" (
    "id" TEXT NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "known_addresses_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "known_addresses_last_at_idx" ON "known_addresses"("last_at");
