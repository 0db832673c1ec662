import * as c from '@sluice/contracts';
import { SENDS, type Contract } from '@sluice/contracts';
import type { Services } from './layout.js';
import type { Work } from './users.js';

/** What a service is asked about its own queues; libs/service-kit answers. On a queue beside the others, which may be what is in trouble. */
const about = (service: string): Contract[] => Object.values(c.operationsOf(service) ?? {});

/**
 * THE MAP: who consumes what, and from which queue.
 *
 *     service: { queue: [what it takes, ...] }        makes the queue `<service>.<queue>`
 *
 * The contract says the rest: a fact is bound to `shop.events` by its type, a request to `shop.commands`, a delivery to
 * `shop.deliveries` by its channel. Text is a topic pattern over facts. A new consumer is one line:
 *
 *     'order-log': { events: ['order.*'] },
 */
export const SERVICES: Services = {
  accounts: {
    queries: [
      c.SignUp,
      c.SignIn,
      c.VerifyPhone,
      c.ResendCode,
      c.SignOut,
      c.ChangePassword,
      c.SetRole,
      c.ListRevocations,
    ],
    ops: about('accounts'),
  },
  orders: {
    commands: [c.PlaceOrder, c.CancelOrder, c.ExpirePayment],
    lookups: [c.PlaceUnlisted],
    queries: [c.GetOrder, c.GetOrderChanges, c.GetTimeline, c.ListOrders],
    events: [
      c.AccountVerified,
      c.ProductChanged,
      c.StockReserved,
      c.StockRejected,
      c.CouponRedeemed,
      c.CouponRejected,
      c.PayableOpened,
      c.PayableVoided,
      c.PaymentCaptured,
      c.PaymentRefunded,
      c.ParcelCreated,
      c.ParcelDispatched,
      c.ParcelDelivered,
      c.ParcelsHalted,
      c.ParcelsLeft,
    ],
    ops: about('orders'),
  },
  inventory: {
    commands: [c.PutProduct, c.ReceiveStock, c.AllotStock, c.ReturnAllotment],
    queries: [c.GetProduct, c.ListProducts, c.GetPrices],
    events: [c.OrderPlaced, c.OrderRejected, c.OrderCancelled, c.ParcelDispatched],
    ops: about('inventory'),
  },
  payments: {
    commands: [c.Pay, c.RefuseCard, c.ClosePayable, c.ExtendPayable],
    queries: [c.GetPayable],
    captures: [c.CapturePayment, c.RefundPayment],
    events: [c.OrderPriced, c.OrderCancelled],
    ops: about('payments'),
  },
  'flash-sale': {
    claims: [c.ClaimPiece],
    commands: [c.CreateSale, c.CloseSale],
    queries: [c.GetSale, c.ListSales, c.GetClaim],
    events: [
      c.StockAllotted,
      c.StockAllotmentRefused,
      c.AllotmentReturned,
      c.OrderPaid,
      c.OrderRejected,
      c.OrderCancelled,
      c.StockReleased,
    ],
    ops: about('flash-sale'),
  },
  promotions: {
    commands: [c.CreateCoupon],
    queries: [c.GetPoints],
    events: [c.OrderPlaced, c.OrderRejected, c.OrderCancelled, c.OrderCompleted],
    ops: about('promotions'),
  },
  logistics: {
    commands: [c.HaltParcels, c.DispatchParcel, c.DeliverParcel],
    bookings: [c.BookCarrier, c.RecallCarrier],
    queries: [c.GetParcel],
    events: [c.OrderPaid],
    ops: about('logistics'),
  },
  notifications: {
    queries: [c.ListNotifications],
    sms: [c.SmsDelivery],
    email: [c.EmailDelivery],
    inbox: [c.InboxDelivery],
    events: [
      c.AccountRegistered,
      c.CodeIssued,
      c.AccountVerified,
      c.OrderAwaitingPayment,
      c.OrderPaid,
      c.OrderShipped,
      c.OrderCompleted,
      c.OrderRejected,
      c.OrderCancelled,
      c.OrderCancellationRefused,
      c.OrderPaidTooLate,
      c.PaymentRefunded,
    ],
    ops: about('notifications'),
  },
};

/** The queues whose handlers call the outside: a card gateway, a carrier, a provider of SMS or e-mail. They try again for a day. */
export const CALLS_OUTSIDE: readonly string[] = [
  'payments.captures',
  'logistics.bookings',
  'notifications.sms',
  'notifications.email',
];

/**
 * The facts that go on to `shop.live`, and from there to every running gateway: what somebody may be watching. Named one by
 * one, because to the broker a fact that goes there is heard, and would not be counted as unrouted any more.
 */
export const LIVE: readonly Contract[] = [
  c.OrderPlaced,
  c.OrderPriced,
  c.OrderAwaitingPayment,
  c.OrderPaid,
  c.OrderShipped,
  c.OrderCompleted,
  c.OrderRejected,
  c.OrderCancelled,
  c.OrderCancellationRefused,
  c.SaleChanged,
  c.SaleProgress,
  c.ClaimDecided,
  c.ProductChanged,
  c.TokensRevoked,
];

/** Who does what: what each service sends is said by the contracts, and the gateway reads `shop.live`. */
export const WORK: Work = { services: SERVICES, sends: SENDS, watches: ['gateway'] };

/** How many claims may wait at the door of the flash sales; FLASH_SALE_QUEUE_LIMIT says otherwise. */
export const FLASH_SALE_QUEUE_LIMIT = 10_000;

/** How long a failed message waits before each further try. Milliseconds; the services' setting must name tiers that are here. */
export const RETRY_TIERS_MS: readonly number[] = [1_000, 10_000, 60_000];

/** The further tiers of a service that calls the outside, for a provider that is away for hours. Milliseconds. */
export const OUTSIDE_TIERS_MS: readonly number[] = [600_000, 3_600_000];
