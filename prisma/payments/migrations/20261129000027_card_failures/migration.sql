-- CreateTable
CREATE TABLE "card_failures" (
    "user_id" UUID NOT NULL,
    "failures" JSONB,
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "card_failures_pkey" PRIMARY KEY ("user_id")
);

-- A placeholder (version 0) may be empty; a row may not.
ALTER TABLE "card_failures" ADD CONSTRAINT "card_failures_complete" CHECK (
    "version" = 0 OR coalesce(jsonb_typeof("failures") = 'array', false)
);
