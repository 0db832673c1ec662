-- CreateTable
CREATE TABLE "accounts" (
    "phone" TEXT NOT NULL,
    "id" UUID,
    "name" TEXT,
    "password_hash" TEXT,
    "role" TEXT,
    "verified_at" TIMESTAMPTZ(3),
    "code_hash" TEXT,
    "code_expires_at" TIMESTAMPTZ(3),
    "code_tries" INTEGER NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "accounts_pkey" PRIMARY KEY ("phone")
);

-- CreateTable
CREATE TABLE "inbox" (
    "id" UUID NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outbox" (
    "id" UUID NOT NULL,
    "wire" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "accounts_id_key" ON "accounts"("id");

-- CreateIndex
CREATE INDEX "outbox_created_at_idx" ON "outbox"("created_at");

-- A placeholder (version 0) may be empty; an account may not.
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_complete" CHECK (
    "version" = 0 OR ("id" IS NOT NULL AND "name" IS NOT NULL AND "password_hash" IS NOT NULL AND "role" IN ('customer', 'admin') AND "code_tries" >= 0)
);
