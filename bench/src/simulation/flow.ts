/** Services of an order; the gateway serves its requests and watches its facts. */
export const SERVICES = ['orders', 'inventory', 'payments', 'logistics', 'notifications', 'promotions'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** What a service does with a message: one entry in a commit, and messages that leave when it has committed. */
export interface Handler {
  service: ServiceName;
  /** Absent: a message of a process to itself, which does not pass the broker (docs/decisions/0039). */
  queue?: string;
  /** The outcome of a call to the outside, which joins the next commit of the process. */
  patient?: boolean;
  sends: readonly string[];
}

const events = (service: ServiceName, ...sends: string[]): Handler => ({ service, queue: `${service}.events`, sends });
const commands = (service: ServiceName, ...sends: string[]): Handler => ({
  ...{ service, queue: `${service}.commands` },
  sends,
});
const own = (service: ServiceName, ...sends: string[]): Handler => ({ service, sends });
const patient = (service: ServiceName, ...sends: string[]): Handler => ({ service, sends, patient: true });

/**
 * The messages of an ordinary order by type, with those who handle them: one parcel, no coupon, no sale, a customer with
 * a number (docs/performance.md, "Its messages"). What a handler sends leaves with its commit.
 */
export const FLOW: Readonly<Record<string, readonly Handler[]>> = {
  'orders.place': [commands('orders', 'order.placed')],
  'order.placed': [events('inventory', 'stock.reserved'), events('payments', 'payable.opened')],
  'payable.opened': [events('orders')],
  /** The order can be paid when both have come; the stock is usually the later one. */
  'stock.reserved': [events('orders', 'order.awaiting_payment', 'timer')],
  'order.awaiting_payment': [events('notifications', 'text')],
  'payments.pay': [commands('payments', 'payments.capture')],
  'payments.capture': [own('payments', 'payment.captured')],
  'payment.captured': [events('orders', 'order.paid')],
  'order.paid': [events('logistics', 'logistics.book'), events('notifications', 'text')],
  'logistics.book': [own('logistics', 'logistics.dispatch')],
  'logistics.dispatch': [own('logistics', 'parcel.dispatched', 'logistics.deliver')],
  'logistics.deliver': [own('logistics', 'parcel.delivered')],
  'parcel.dispatched': [events('orders', 'order.shipped'), events('inventory')],
  'parcel.delivered': [events('orders', 'order.completed')],
  'order.shipped': [events('notifications', 'text')],
  'order.completed': [events('notifications'), events('promotions')],
  text: [patient('notifications')],
  /** Of the payment window: it waits in a queue that nobody consumes. */
  timer: [],
};

/** Requests whose commit is followed by a reply to the gateway. */
export const REPLIED: ReadonlySet<string> = new Set(['orders.place', 'payments.pay']);
/** Facts that every running gateway receives. */
export const LIVE: ReadonlySet<string> = new Set([
  'order.placed',
  'order.awaiting_payment',
  'order.paid',
  'order.shipped',
  'order.completed',
]);

export const PLACE = 'orders.place';
/** The customer pays when the gateway shows this fact, and the order ends with this one. */
export const PAYABLE = 'order.awaiting_payment';
export const COMPLETED = 'order.completed';

/** Messages of an order that a service handles. */
export const messagesOf = (service: ServiceName): number =>
  Object.entries(FLOW).reduce(
    (sum, [type, handlers]) => sum + timesOf(type) * handlers.filter((handler) => handler.service === service).length,
    0,
  );

/** How often a message of this type is sent for one order. */
export function timesOf(type: string): number {
  const senders = Object.values(FLOW).flatMap((handlers) => handlers.filter(({ sends }) => sends.includes(type)));
  return Math.max(1, senders.length);
}

export const messagesOfOrder = (): number => SERVICES.reduce((sum, service) => sum + messagesOf(service), 0);
