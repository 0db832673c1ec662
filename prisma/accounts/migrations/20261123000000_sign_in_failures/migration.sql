-- CreateTable
CREATE TABLE "sign_in_failures" (
    "phone" TEXT NOT NULL,
    "client" TEXT NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "sign_in_failures_pkey" PRIMARY KEY ("phone","client")
);

-- CreateIndex
CREATE INDEX "sign_in_failures_last_at_idx" ON "sign_in_failures"("last_at");

ALTER TABLE "sign_in_failures" ADD CONSTRAINT "sign_in_failures_counted" CHECK ("failures" >= 0);
