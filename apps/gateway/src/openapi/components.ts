import {
  Address,
  Coupon,
  Currency,
  Money,
  NewAddress,
  Notification,
  Order,
  Parcel,
  Points,
  Problem,
  Product,
  Profile,
  Session,
  Timeline,
  User,
} from '@sluice/contracts';
import { ClaimView } from '../flash-sale/claims.js';
import { SaleView } from '../flash-sale/sale-view.js';
import { SeenFacts } from '../machine/facts.js';
import { Snapshot } from '../machine/snapshot.js';

/** Schemas that the document defines once and references. */
export const COMPONENTS = {
  Address,
  Claim: ClaimView,
  Coupon,
  Currency,
  Facts: SeenFacts,
  FlashSale: SaleView,
  Money,
  NewAddress,
  Notification,
  Order,
  Parcel,
  Points,
  Problem,
  Product,
  Profile,
  Session,
  Snapshot,
  Timeline,
  User,
};
