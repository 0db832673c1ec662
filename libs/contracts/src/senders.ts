import { catalogue, factsOf, OPERATED, ownerOf } from './catalogue.js';
import { AllotStock, GetPrices, ReturnAllotment } from './inventory.js';
import { BookCarrier, DeliverParcel, DispatchParcel, HaltParcels, RecallCarrier } from './logistics.js';
import type { Contract } from './message.js';
import { EmailDelivery, InboxDelivery, SmsDelivery } from './notifications.js';
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
];

/**
 * Requests and deliveries that a service sends: to other services, to itself for later, or to the channels. A service
 * may send only these and its own events (see the catalogue). The permissions of its user on the broker are derived
 * from this list (topology/src/users.ts), and every consumer checks the sender of a message against it
 * (libs/messaging/src/sender-verification.ts).
 */
export const SENDS: Readonly<Record<string, readonly Contract[]>> = {
  gateway: [...catalogue.values()].filter(
    (contract) => contract.kind === 'query' || (contract.kind === 'command' && !BETWEEN_SERVICES.includes(contract)),
  ),
  orders: [HaltParcels, ExpirePayment, ClosePayable, ExtendPayable, PlaceUnlisted, GetPrices],
  payments: [CapturePayment, RefundPayment],
  'flash-sale': [PlaceOrder, AllotStock, ReturnAllotment],
  logistics: [BookCarrier, RecallCarrier, DispatchParcel, DeliverParcel], // the last two for the fake carrier
  notifications: [SmsDelivery, EmailDelivery, InboxDelivery],
};

const senders = ({ type, kind }: Contract): ReadonlySet<string> =>
  new Set(
    kind === 'event'
      ? [ownerOf(catalogue.get(type)!)]
      : Object.keys(SENDS).filter((service) => SENDS[service]!.some((sent) => sent.type === type)),
  );

const BY_TYPE: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [...catalogue.values()].map((contract) => [contract.type, senders(contract)]),
);

const wordOf = (type: string): string => type.split('.', 1)[0]!;

/** Events are named after their entity (`order.placed`), and an entity has one owner. */
const BY_WORD: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  OPERATED.flatMap((service) => factsOf(service).map(({ type }) => [wordOf(type), new Set([service])])),
);

/**
 * The services that may send messages of this type. An event that is missing in the catalogue, because it is newer
 * than this process, belongs to the service that owns the other events of the same entity.
 * @returns undefined for an unknown type
 */
export const sendersOf = (type: string): ReadonlySet<string> | undefined =>
  BY_TYPE.get(type) ?? BY_WORD.get(wordOf(type));
