import {
  CancelOrder,
  CouponRedeemed,
  CouponRejected,
  ExpirePayment,
  ParcelCreated,
  ParcelDelivered,
  ParcelDispatched,
  ParcelsHalted,
  ParcelsLeft,
  PayableOpened,
  PayableVoided,
  PaymentCaptured,
  PaymentRefunded,
  PlaceOrder,
  StockRejected,
  StockReserved,
  type Contract,
  type Data,
  type Outgoing,
} from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { cancel, parcelsHalted, parcelsLeft, refunded } from '../cancellation.js';
import { expire, rejectOverdue, lapsed } from '../deadline.js';
import {
  couponRedeemed,
  couponRejected,
  parcelMoved,
  payableOpened,
  paymentCaptured,
  stockRejected,
  stockReserved,
} from '../order.js';
import type { Change } from '../order-steps.js';
import { place } from '../placing.js';
import { isOrder, type HistoryEntry, type Order, type Row } from '../tables.js';
import { DEADLINE_SECONDS, PRICES, UNATTENDED, WINDOW_SECONDS } from './given.js';

type FactRule = (order: Order, data: never, now: Date) => Change;
const fact = <C extends Contract>(
  { type }: C,
  rule: (order: Order, data: Data<C>, now: Date) => Change,
): [string, FactRule] => [type, rule as FactRule];

/** The service's rule for each fact, without its transport. */
const RULES = new Map<string, FactRule>([
  fact(StockReserved, (order, data, now) => stockReserved(order, data, WINDOW_SECONDS, now)),
  fact(StockRejected, stockRejected),
  fact(CouponRedeemed, couponRedeemed),
  fact(CouponRejected, couponRejected),
  fact(PayableOpened, (order, data, now) => payableOpened(order, data, WINDOW_SECONDS, now)),
  fact(PayableVoided, (order, _, now) => lapsed(order, now)),
  fact(PaymentCaptured, paymentCaptured),
  fact(PaymentRefunded, refunded),
  fact(ParcelCreated, (order, data, now) => parcelMoved(order, 'preparing', data, now)),
  fact(ParcelDispatched, (order, data, now) => parcelMoved(order, 'dispatched', data, now)),
  fact(ParcelDelivered, (order, data, now) => parcelMoved(order, 'delivered', data, now)),
  fact(ParcelsHalted, parcelsHalted),
  fact(ParcelsLeft, (order, _, now) => parcelsLeft(order, now)),
  fact(ExpirePayment, (order, _, now) => expire(order, now)),
]);

/**
 * The service as far as it concerns one order: its real rules, without transport and database. All requests are
 * unattended.
 */
export class Orders {
  row: Row | undefined;
  readonly history: HistoryEntry[] = [];
  readonly sent: Outgoing[] = [];

  get order(): Order | undefined {
    return isOrder(this.row) ? this.row : undefined;
  }

  accepts({ contract: { type } }: Outgoing): boolean {
    return type === PlaceOrder.type || type === CancelOrder.type || RULES.has(type);
  }

  receive({ contract: { type }, data }: Outgoing, now: Date): Outgoing[] {
    if (type === PlaceOrder.type)
      return this.#decided(place(this.row, data as Data<typeof PlaceOrder>, PRICES, UNATTENDED, now));
    if (type === CancelOrder.type) return this.#cancel(data as Data<typeof CancelOrder>, now);
    if (!this.order) throw new Error(`${type} is about an order that nobody has heard of`);
    return this.#decided(RULES.get(type)!(this.order, data as never, now));
  }

  sweep(now: Date): Outgoing[] {
    const rules = [expire, (order: Order) => rejectOverdue(order, DEADLINE_SECONDS, now)];
    return rules.flatMap((rule) => (this.order ? this.#decided(rule(this.order, now)) : []));
  }

  #cancel(data: Data<typeof CancelOrder>, now: Date): Outgoing[] {
    try {
      return this.#decided(cancel(this.row, data, now));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return [];
    }
  }

  #decided({ order, history = [], messages = [] }: Change<unknown, Row>): Outgoing[] {
    this.row = order ?? this.row;
    this.history.push(...history);
    this.sent.push(...messages);
    return messages;
  }
}
