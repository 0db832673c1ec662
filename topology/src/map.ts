import * as c from '@sluice/contracts';
import { leftover, only, SENDS, type Contract, type Services } from '@sluice/contracts';
import type { Work } from './users.js';

/**
 * Operations contracts of a service (libs/service-kit answers them). Their own queue, `ops`, works even when other
 * queues of the service have problems.
 */
const about = (service: string): Contract[] => Object.values(c.operationsOf(service) ?? {});

/**
 * THE MAP: the queues of each service, and what each queue consumes.
 *
 *     service: { queue: [what it takes, ...] }        makes the queue `<service>.<queue>`
 *
 * The contract determines the binding: a fact is bound to `shop.events` by its type, a request to `shop.commands`, a
 * delivery to `shop.deliveries` by its channel. Text is a topic pattern over facts. `only('coupon', c.OrderPlaced)`
 * takes the facts with that mark, by the routing key `order.placed.coupon`. A new consumer is one line:
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
      c.GetProfile,
      c.ChangeProfile,
      c.ListRevocations,
    ],
    ops: about('accounts'),
  },
  orders: {
    commands: [c.PlaceOrder, c.CancelOrder, c.ExpirePayment],
    lookups: [c.PlaceUnlisted],
    queries: [c.GetOrder, c.GetOrderChanges, c.FindChangedOrders, c.GetTimeline, c.ListOrders],
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
      leftover(c.ParcelCreated),
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
    events: [only('priced', c.OrderPlaced), c.OrderPriced, c.OrderRejected, c.OrderCancelled],
    ops: about('payments'),
  },
  'flash-sale': {
    claims: [c.ClaimPiece],
    commands: [c.CreateSale, c.CloseSale],
    queries: [c.GetSale, c.ListSales, c.GetClaim, c.FindDecidedClaims],
    events: [
      c.StockAllotted,
      c.StockAllotmentRefused,
      c.AllotmentReturned,
      only('flash-sale', c.OrderPaid),
      only('flash-sale', c.OrderRejected),
      only('flash-sale', c.OrderCancelled),
      only('flash-sale', c.StockReleased),
    ],
    ops: about('flash-sale'),
  },
  promotions: {
    commands: [c.CreateCoupon],
    queries: [c.GetPoints],
    events: [
      only('coupon', c.OrderPlaced),
      only('coupon', c.OrderRejected),
      only('coupon', c.OrderCancelled),
      c.OrderCompleted,
    ],
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
    queries: [c.ListNotifications, c.GetInboxEntries, c.FindFilledInboxes],
    sms: [c.SmsDelivery],
    email: [c.EmailDelivery],
    inbox: [c.InboxDelivery],
    commands: [c.WatchProduct, c.UnwatchProduct, c.AlertWatchers],
    events: [
      c.AccountRegistered,
      c.CodeIssued,
      c.AccountVerified,
      c.ProfileChanged,
      c.ProductRestocked,
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

/** Queues whose handlers call a provider outside: card gateway, carrier, SMS or e-mail provider. Retried for a day. */
export const CALLS_OUTSIDE: readonly string[] = [
  'payments.captures',
  'logistics.bookings',
  'notifications.sms',
  'notifications.email',
];

/**
 * Facts that are also routed to `shop.live`, and from there to every running gateway, for clients that watch. Listed
 * one by one, because the broker counts a fact routed there as delivered, and no longer as unrouted.
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
  c.OrderPaidTooLate,
  c.PaymentRefunded,
  c.InboxFilled,
  c.SaleChanged,
  c.SaleProgress,
  c.ClaimDecided,
  c.ProductChanged,
  c.TokensRevoked,
  c.ServicePulse,
];

/** Work of all services: the contracts list what each service sends, and the gateway subscribes to `shop.live`. */
export const WORK: Work = { services: SERVICES, sends: SENDS, watches: ['gateway'] };

/** Length limit of the queue of flash-sale claims; FLASH_SALE_QUEUE_LIMIT overrides it. */
export const FLASH_SALE_QUEUE_LIMIT = 10_000;

/**
 * Waiting time of a failed message before each further try. Milliseconds; the services must be set to tiers listed
 * here.
 */
export const RETRY_TIERS_MS: readonly number[] = [1_000, 10_000, 60_000];

/** Additional tiers of services that call a provider outside, which may be down for hours. Milliseconds. */
export const OUTSIDE_TIERS_MS: readonly number[] = [600_000, 3_600_000];
