-- When an admin ended the sale before its time. One whose pieces are not there yet closes as soon as they are.
ALTER TABLE "sales" ADD COLUMN "closed_at" TIMESTAMPTZ(3);
ALTER TABLE "sales" ADD CONSTRAINT "sales_closed_early" CHECK ("closed_at" IS NULL OR "state" IN ('preparing', 'refused', 'closed'));
