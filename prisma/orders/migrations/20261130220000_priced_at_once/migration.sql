-- Orders of the version before have no value: their payables are opened on order.priced.
ALTER TABLE "orders" ADD COLUMN "priced_at_once" BOOLEAN;
