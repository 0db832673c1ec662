-- A cancelled order's reservation is released.
ALTER TABLE "reservations" DROP CONSTRAINT "reservations_complete";
ALTER TABLE "reservations" ADD CONSTRAINT "reservations_complete" CHECK (
    "version" = 0 OR ("user_id" IS NOT NULL AND "status" IS NOT NULL AND "status" IN ('held', 'rejected', 'released') AND ("status" = 'rejected') = ("reason" IS NOT NULL))
);
