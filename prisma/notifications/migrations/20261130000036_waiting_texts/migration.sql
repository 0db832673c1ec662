-- A text that waits for its person's number is a row without a number and without a time of sending.
-- AlterTable
ALTER TABLE "texts" ALTER COLUMN "asked_at" DROP NOT NULL;

ALTER TABLE "texts" DROP CONSTRAINT "texts_complete";
ALTER TABLE "texts" ADD CONSTRAINT "texts_complete" CHECK (
    "version" = 0 OR (
        "user_id" IS NOT NULL AND "about" IS NOT NULL AND "text" IS NOT NULL
        AND ("phone" IS NOT NULL) = ("asked_at" IS NOT NULL)
    )
);

CREATE INDEX "texts_waiting_idx" ON "texts"("user_id") WHERE "asked_at" IS NULL;

-- The texts that wait so far. The column stays for processes of the version before, and is empty from now on.
WITH moved AS (
    UPDATE "recipients" SET "waiting" = '[]' FROM (SELECT "user_id", "waiting" FROM "recipients" FOR UPDATE) AS old
    WHERE "recipients"."user_id" = old."user_id" AND jsonb_array_length(old."waiting") > 0
    RETURNING old."user_id", old."waiting"
)
INSERT INTO "texts" ("id", "user_id", "about", "text", "created_at", "asked_at", "version")
SELECT (notice->>'id')::uuid, "user_id", notice->>'about', notice->>'text',
    CURRENT_TIMESTAMP - interval '1 second' + "position" * interval '1 millisecond', NULL, 1
FROM moved, jsonb_array_elements(moved."waiting") WITH ORDINALITY AS entry(notice, "position");
