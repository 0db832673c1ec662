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
 * Which requests and deliveries a service sends: to others, to itself for later, or to the channels. With its own
 * facts (the catalogue has their owners) this is all that a message of the service may be: what its user may do on
 * the broker is derived from it (topology/src/users.ts), and every consumer compares with it who has sent a message
 * (libs/messaging/src/sender-verification.ts).
 */
export const SENDS: Readonly<Record<string, readonly Contract[]>> = {
  gateway: [...catalogue.values()].filter(
    (contract) => contract.kind === 'query' || (contract.kind === 'command' && !BETWEEN_SERVICES.includes(contract)),
  ),
  orders: [HaltParcels, ExpirePayment, ClosePayable, ExtendPayable, PlaceUnlisted, GetPrices],
  payments: [CapturePayment, RefundPayment],
  'flash-sale': [PlaceOrder, AllotStock, ReturnAllotment],
  logistics: [BookCarrier, RecallCarrier, DispatchParcel, DeliverParcel], // the last two are the fake carrier's
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

/** Facts are named after the things that they are about (`order.placed`), and a thing has one owner. */
const BY_WORD: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  OPERATED.flatMap((service) => factsOf(service).map(({ type }) => [wordOf(type), new Set([service])])),
);

/**
 * The services that may send messages of this type. A fact that is not in the catalogue, because it is newer than
 * this process, is one of the service that owns the other facts about the same thing.
 * @returns undefined when nobody here knows
 */
export const sendersOf = (type: string): ReadonlySet<string> | undefined =>
  BY_TYPE.get(type) ?? BY_WORD.get(wordOf(type));
