import { Address, Money, Notification, Order, Parcel, Problem, Product, Session, Timeline, User } from '@sluice/contracts';

/** The schemas that the document names once and refers to. */
export const COMPONENTS = { Address, Money, Notification, Order, Parcel, Problem, Product, Session, Timeline, User };
