-- AlterTable
ALTER TABLE "sales" ADD COLUMN     "shelve_at" TIMESTAMPTZ(3);


-- Looked for four times a second: few rows, for seconds after a close.
CREATE INDEX "sales_kept" ON "sales"("shelve_at") WHERE "shelve_at" IS NOT NULL;

-- What a closed sale has unsold is inventory's again once its line was served.
ALTER TABLE "sales" DROP CONSTRAINT "sales_conserved";
ALTER TABLE "sales" ADD CONSTRAINT "sales_conserved" CHECK (
    "version" = 0 OR (
        "quantity" > 0 AND "quantity" = "remaining" + "held" + "sold"
        AND least("remaining", "held", "sold", "returned", "round", "drained") >= 0
        AND "returned" = CASE WHEN "state" = 'closed' AND "shelve_at" IS NULL THEN "remaining" ELSE 0 END
        AND ("shelve_at" IS NULL OR "state" = 'closed')
    )
);
