import { Address, Coupon, Money, Notification, Order, Parcel, Points, Problem, Product, Session, Timeline, User } from '@sluice/contracts';

/** The schemas that the document names once and refers to. */
export const COMPONENTS = { Address, Coupon, Money, Notification, Order, Parcel, Points, Problem, Product, Session, Timeline, User };
