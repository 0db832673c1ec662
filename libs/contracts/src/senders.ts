import { catalogue } from './catalogue.js';
import { AllotStock, GetPrices, ReturnAllotment } from './inventory.js';
import { BookCarrier, DeliverParcel, DispatchParcel, HaltParcels, RecallCarrier } from './logistics.js';
import type { Contract } from './kit/message.js';
import type { Sends } from './kit/senders.js';
import { AlertWatchers, EmailDelivery, InboxDelivery, SmsDelivery } from './notifications.js';
import { ExpirePayment, PlaceOrder, PlaceUnlisted } from './orders.js';
import { CapturePayment, ClosePayable, ExtendPayable, RefundPayment } from './payments.js';

/** Commands that no client causes directly. */
const BETWEEN_SERVICES: readonly Contract[] = [
  PlaceUnlisted,
  ExpirePayment,
  HaltParcels,
  ClosePayable,
  ExtendPayable,
  CapturePayment,
  RefundPayment,
  AllotStock,
  ReturnAllotment,
  BookCarrier,
  RecallCarrier,
  AlertWatchers,
];

/**
 * Requests and deliveries that a service sends: to other services, to itself for later, or to the channels. A service
 * may send only these and its own events (see the catalogue). The permissions of its user on the broker are derived
 * from this list (topology/src/users.ts), and every consumer checks the sender of a message against it
 * (libs/messaging/src/sender-verification.ts).
 */
export const SENDS: Sends = {
  gateway: [...catalogue.values()].filter(
    (contract) => contract.kind === 'query' || (contract.kind === 'command' && !BETWEEN_SERVICES.includes(contract)),
  ),
  orders: [HaltParcels, ExpirePayment, ClosePayable, ExtendPayable, PlaceUnlisted, GetPrices],
  payments: [CapturePayment, RefundPayment],
  'flash-sale': [PlaceOrder, AllotStock, ReturnAllotment],
  logistics: [BookCarrier, RecallCarrier, DispatchParcel, DeliverParcel], // the last two for the fake carrier
  notifications: [SmsDelivery, EmailDelivery, InboxDelivery, AlertWatchers],
};
