-- AlterTable
ALTER TABLE "parcels" ADD COLUMN     "halted_at" TIMESTAMPTZ(3);


-- A parcel of a cancelled order is halted before it has left.
ALTER TABLE "parcels" DROP CONSTRAINT "parcels_complete";
ALTER TABLE "parcels" ADD CONSTRAINT "parcels_complete" CHECK (
    "version" = 0 OR (
        "order_id" IS NOT NULL AND "user_id" IS NOT NULL AND "warehouse" IS NOT NULL AND "lines" IS NOT NULL AND "address" IS NOT NULL
        AND "created_at" IS NOT NULL
        AND "status" IS NOT NULL AND "status" IN ('preparing', 'dispatched', 'delivered', 'halted')
        AND ("status" IN ('preparing', 'halted')) = ("dispatched_at" IS NULL)
        AND ("status" = 'delivered') = ("delivered_at" IS NOT NULL)
        AND ("status" = 'halted') = ("halted_at" IS NOT NULL)
    )
);
