-- An order may come after a restore whose charges the card gateway has given back: only their number is known.
-- NOT VALID: the rows of before satisfy the former constraint, which is stricter, so no scan has to hold the lock.
ALTER TABLE "payables" DROP CONSTRAINT "payables_complete";
ALTER TABLE "payables" ADD CONSTRAINT "payables_complete" CHECK (
    "version" = 0 OR (
        "status" IS NOT NULL
        AND "status" IN ('unopened', 'open', 'capturing', 'captured', 'voided', 'voiding', 'refunding', 'refunded')
        AND ("status" = 'unopened') = ("user_id" IS NULL)
        AND ("amount" IS NULL OR "amount" >= 0) AND ("amount" IS NULL) = ("currency" IS NULL)
        AND ("status" IN ('unopened', 'voided') OR "amount" IS NOT NULL)
        AND ("status" IN ('unopened', 'open', 'voided')) = ("capture_id" IS NULL)
    )
) NOT VALID;
