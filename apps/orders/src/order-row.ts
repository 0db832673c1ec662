import type { OrderStatus } from '@sluice/contracts';
import type { Order, OrderRow, Row, StoredRow } from './tables.js';

/** The variant of `Order` that has this status. */
type OrderIn<S extends OrderStatus, O = Order> = O extends { status: infer T } ? (S extends T ? O : never) : never;

/** Nullable columns that a variant of `Order` requires, and those that it has no value in. */
type Guarantees<O> = {
  readonly [
    K in keyof O & keyof OrderRow as null extends OrderRow[K]
      ? null extends O[K]
        ? O[K] extends null
          ? K
          : never
        : K
      : never
  ]: O[K] extends null ? 'null' : 'set';
};

const CONTINUING = { reason: 'null', limitReached: 'null', refundedAt: 'null' } as const;
const NO_CANCELLATION = { cancellationRequestedAt: 'null', cancellationRefusedAt: 'null' } as const;
const PAID = { ...CONTINUING, allocation: 'set', paidAt: 'set' } as const;

/** What each status guarantees: the types of `Order`, to compare rows with. The compiler checks that they agree. */
const GUARANTEES: { readonly [S in OrderStatus]: Guarantees<OrderIn<S>> } = {
  pending: { ...CONTINUING, ...NO_CANCELLATION },
  awaiting_payment: {
    ...CONTINUING,
    ...NO_CANCELLATION,
    allocation: 'set',
    payBy: 'set',
    paymentId: 'null',
    paidAt: 'null',
  },
  paid: PAID,
  shipped: PAID,
  completed: PAID,
  rejected: { ...NO_CANCELLATION, reason: 'set' },
  cancelled: { reason: 'set', limitReached: 'null' },
};

/** Columns whose values the row's status does not allow. */
const faultsOf = (row: OrderRow): string[] =>
  Object.entries(GUARANTEES[row.status])
    .filter(([column, expected]) => (row[column as keyof OrderRow] === null) !== (expected === 'null'))
    .map(([column, expected]) => `${column} is ${expected === 'null' ? 'set' : 'null'}`);

const isAllowed = (row: OrderRow): row is Order => row.status in GUARANTEES && faultsOf(row).length === 0;

/**
 * The row with the types that its status guarantees. The same object: columns that no rule reads are kept.
 *
 * @throws Error when no status allows the row
 */
export function orderOf(row: OrderRow): Order {
  if (isAllowed(row)) return row;
  const { id, status } = row;
  const why = status in GUARANTEES ? faultsOf(row).join(', ') : 'there is no such status';
  throw new Error(`order ${id} cannot be ${status}: ${why}`);
}

/** What the unit of work has read under the id of an order. @throws Error when no status allows the row */
export const rowOf = (row: StoredRow | undefined): Row | undefined =>
  row === undefined || row.placedAt === null ? row : orderOf(row);
