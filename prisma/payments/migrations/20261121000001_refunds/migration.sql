-- AlterTable
ALTER TABLE "captures" ADD COLUMN     "refund_reference" TEXT,
ADD COLUMN     "refunded_at" TIMESTAMPTZ(3);


-- An order that was cancelled before it was priced has a payable that never named an amount.
ALTER TABLE "payables" DROP CONSTRAINT "payables_complete";
ALTER TABLE "payables" ADD CONSTRAINT "payables_complete" CHECK (
    "version" = 0 OR (
        "user_id" IS NOT NULL
        AND "status" IS NOT NULL AND "status" IN ('open', 'capturing', 'captured', 'voided', 'voiding', 'refunding', 'refunded')
        AND ("amount" IS NULL OR "amount" >= 0) AND ("amount" IS NULL) = ("currency" IS NULL)
        AND ("status" = 'voided' OR "amount" IS NOT NULL)
        AND ("status" IN ('open', 'voided')) = ("capture_id" IS NULL)
    )
);
ALTER TABLE "captures" DROP CONSTRAINT "captures_complete";
ALTER TABLE "captures" ADD CONSTRAINT "captures_complete" CHECK (
    "version" = 0 OR (
        "order_id" IS NOT NULL AND "amount" IS NOT NULL AND "amount" >= 0 AND "currency" IS NOT NULL
        AND "card_token" IS NOT NULL AND "requested_at" IS NOT NULL
        AND "status" IS NOT NULL AND "status" IN ('pending', 'captured', 'declined', 'refunded')
        AND ("status" = 'pending') = ("settled_at" IS NULL)
        AND ("status" IN ('captured', 'refunded')) = ("gateway_reference" IS NOT NULL)
        AND ("status" = 'refunded') = ("refunded_at" IS NOT NULL)
        AND ("status" = 'refunded') = ("refund_reference" IS NOT NULL)
    )
);

-- An order is paid at most once, also when its money has gone back, whatever the code believes.
DROP INDEX "captures_one_per_order";
CREATE UNIQUE INDEX "captures_one_per_order" ON "captures"("order_id") WHERE "status" IN ('captured', 'refunded');
