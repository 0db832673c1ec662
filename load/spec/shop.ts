import type { Clock } from './clock.js';

/** Faults of the shop. A request is named by its route, such as `GET /orders/:id`. */
export interface Faults {
  loseOrders?: boolean;
  sellTwice?: boolean;
  neverDecide?: boolean;
  neverPayable?: boolean;
  miscount?: boolean;
  /** A status instead of the answer. */
  answer?: (request: string, count: number) => number | undefined;
  /** How long the answer took, in ms. */
  took?: (request: string) => number | undefined;
}

export type Answer = [status: number, body?: unknown, headers?: Record<string, string>];

export interface Order {
  id: string;
  user: string;
  status: string;
  lines: { sku: string; quantity: number }[];
  total: unknown;
  flashSaleId: string | undefined;
  /** RFC 3339. */
  placedAt: string;
}

export interface NewOrder {
  lines: [{ sku: string }, ...{ sku: string }[]];
  id?: string;
  flashSaleId?: string;
  price?: unknown;
}

/** The parts of the fake shop that its flash sales use. */
export interface Shop {
  readonly now: Clock;
  readonly faults: Faults;
  readonly orders: ReadonlyMap<string, Order>;
  place(user: string, order: NewOrder): Order;
}
