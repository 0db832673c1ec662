-- The currency of a coupon, where its maker names one. Absent from coupons that were made before.
ALTER TABLE "coupons" ADD COLUMN "currency" CHAR(3);
