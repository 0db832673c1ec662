-- CreateTable
CREATE TABLE "recipients" (
    "user_id" UUID NOT NULL,
    "phone" TEXT,
    "name" TEXT,
    "waiting" JSONB NOT NULL DEFAULT '[]',
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "recipients_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "deliveries" (
    "id" UUID NOT NULL,
    "user_id" UUID,
    "channel" TEXT,
    "about" TEXT,
    "text" TEXT,
    "status" TEXT,
    "provider_reference" TEXT,
    "created_at" TIMESTAMPTZ(3),
    "sent_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "deliveries_pkey" PRIMARY KEY ("id")
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
CREATE INDEX "deliveries_user_id_channel_created_at_id_idx" ON "deliveries"("user_id", "channel", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "outbox_created_at_idx" ON "outbox"("created_at");


-- A placeholder (version 0) may be empty; a row may not.
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_complete" CHECK (
    "version" = 0 OR (
        "user_id" IS NOT NULL AND "channel" IS NOT NULL AND "channel" IN ('sms', 'email', 'inbox')
        AND "about" IS NOT NULL AND "text" IS NOT NULL AND "created_at" IS NOT NULL AND "sent_at" IS NOT NULL
        AND "status" IS NOT NULL AND "status" IN ('kept', 'sent')
    )
);
