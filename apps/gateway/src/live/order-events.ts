import { Order, OrderChange, type GetOrderChanges, type OrderStatus, type Reply } from '@sluice/contracts';
import type { StreamEvent } from './event-stream.js';

export type OrderChanges = Reply<typeof GetOrderChanges>;

/** The order as it is now, but with the status that one change gave it, and that change. */
export const OrderEvent = Order.extend({ change: OrderChange.pick({ at: true, type: true, detail: true }) });

const FINAL: ReadonlySet<OrderStatus> = new Set(['completed', 'rejected', 'cancelled']);

export interface NewEvents {
  events: Required<StreamEvent>[];
  /** After them nothing more is to be told. A refund that comes later is to be seen on the order. */
  over: boolean;
}

/** The changes to read for a caller who says that they know the order up to a version: with that one, if there is it. */
export const readFrom = (knownVersion: number): number => Math.max(0, knownVersion - 1);
/** Whether the order has had this version, or 0 for none. @param changes read from `readFrom(told)` */
export const hasHadVersion = ({ changes }: OrderChanges, knownVersion: number): boolean =>
  knownVersion === 0 || changes.some(({ version }) => version === knownVersion);

/** What is to be told to somebody who knows the order up to the version `after`. */
export function newEventsOf({ order, changes }: OrderChanges, after: number): NewEvents {
  const newChanges = changes.filter(({ version }) => version > after).sort((one, other) => one.version - other.version);
  const { status } = newChanges.at(-1) ?? order;
  return { events: newChanges.map((change) => eventOf(order, change)), over: FINAL.has(status) };
}

const eventOf = (order: Order, { version, status, at, type, detail }: OrderChange): Required<StreamEvent> => ({
  id: version,
  event: 'order',
  data: { ...order, status, change: { at, type, detail } },
});
