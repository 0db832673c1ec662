-- AlterTable
ALTER TABLE "parcels" ADD COLUMN     "carrier_asked_at" TIMESTAMPTZ(3),
ADD COLUMN     "carrier_refusal" TEXT,
ADD COLUMN     "recalled_at" TIMESTAMPTZ(3);


-- What waits for the carrier. Without "status", so that the other steps of a parcel leave the indexes alone.
CREATE INDEX "parcels_unbooked_idx" ON "parcels" ("created_at") WHERE "carrier_reference" IS NULL;
CREATE INDEX "parcels_not_recalled_idx" ON "parcels" ("halted_at") WHERE "halted_at" IS NOT NULL AND "recalled_at" IS NULL;
