import { Order, OrderChange, type GetOrderChanges, type OrderStatus, type Reply } from '@sluice/contracts';
import type { StreamEvent } from '@sluice/http-kit';

export type OrderChanges = Reply<typeof GetOrderChanges>;

/** The current order, but with the status that one change gave it, and that change. */
export const OrderEvent = Order.extend({ change: OrderChange.pick({ at: true, type: true, detail: true }) });

const FINAL: ReadonlySet<OrderStatus> = new Set(['completed', 'rejected', 'cancelled']);

type OrderStreamEvent = Required<StreamEvent>;
const events = new WeakMap<OrderChange, OrderStreamEvent>();

export interface NewEvents {
  events: OrderStreamEvent[];
  /** No event follows. A later refund is visible on the order only. */
  over: boolean;
}

/** First version to read for a caller that has the order up to `knownVersion`: includes that version, to check it. */
export const readFrom = (knownVersion: number): number => Math.max(0, knownVersion - 1);
/** Whether the order ever had this version; 0 means none. @param changes read from `readFrom(knownVersion)` */
export const hasHadVersion = ({ changes }: OrderChanges, knownVersion: number): boolean =>
  knownVersion === 0 || changes.some(({ version }) => version === knownVersion);

/** Events for a caller that has the order up to version `after`. */
export function newEventsOf({ order, changes }: OrderChanges, after: number): NewEvents {
  const newChanges = changes.filter(({ version }) => version > after).sort((one, other) => one.version - other.version);
  const { status } = newChanges.at(-1) ?? order;
  return { events: newChanges.map((change) => eventOf(order, change)), over: FINAL.has(status) };
}

/** The change belongs to one reply, which many streams may have asked for together: they send the same event. */
function eventOf(order: Order, change: OrderChange): OrderStreamEvent {
  const known = events.get(change);
  if (known) return known;
  const { version, status, at, type, detail } = change;
  const event = { id: version, event: 'order', data: { ...order, status, change: { at, type, detail } } };
  events.set(change, event);
  return event;
}
