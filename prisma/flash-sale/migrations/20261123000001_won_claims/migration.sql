-- Who has won is looked through whenever the invariants are checked: few rows, however many have lost.
CREATE INDEX "claims_won" ON "claims"("sale_id", "user_id") INCLUDE ("win", "order_id") WHERE "win" IS NOT NULL;
