-- What the fake carrier has and has not delivered: it derives its next steps from it, and no longer stores jobs. The
-- table "fake_carrier_jobs" stays while processes of the previous version run; a later migration drops it.
CREATE INDEX "parcels_with_fake_carrier_idx" ON "parcels" ("created_at")
WHERE "carrier_reference" LIKE 'fake\_%' AND "delivered_at" IS NULL AND "halted_at" IS NULL;
