import type { Transaction } from './store.js';

export interface Order {
  id: string;
  userId: string;
  sku: string;
  quantity: number;
  total: number;
}

export type Handler = (order: Order, within: Transaction) => Promise<unknown>;

/** The card gateway and the carrier answer at once, as those of every system of the benchmark. */
const cardGateway = async (id: string) => ({ captureId: `capture-${id}` });
const carrier = async (id: string) => ({ tracking: `tracking-${id}` });

const become =
  (status: string, topic: string): Handler =>
  async (order, { query, emit }) => {
    await query('UPDATE orders SET status = $2, version = version + 1 WHERE id = $1', [order.id, status]);
    await query('INSERT INTO history (order_id, status) VALUES ($1, $2)', [order.id, status]);
    await emit(topic, order);
  };

const reserve: Handler = async (order, { query, emit }) => {
  const { id, sku, quantity } = order;
  const hold = 'UPDATE stock SET available = available - $2, held = held + $2 WHERE sku = $1 AND available >= $2';
  const { rowCount } = await query(hold, [sku, quantity]);
  if (rowCount !== 1) return emit('stock.rejected', order);
  await query('INSERT INTO reservations (order_id, sku, quantity) VALUES ($1, $2, $3)', [id, sku, quantity]);
  return emit('stock.reserved', order);
};

const issue: Handler = async ({ id, sku, quantity }, { query }) => {
  await query('UPDATE stock SET held = held - $2, sold = sold + $2 WHERE sku = $1', [sku, quantity]);
  await query("UPDATE reservations SET state = 'issued' WHERE order_id = $1", [id]);
};

const open: Handler = async (order, { query, emit }) => {
  const { id, total } = order;
  await query("INSERT INTO payables (order_id, total, state) VALUES ($1, $2, 'open')", [id, total]);
  await emit('payable.opened', order);
};

const capture: Handler = async (order, { query, emit }) => {
  const { captureId } = await cardGateway(order.id);
  const captured = "UPDATE payables SET state = 'captured', capture_id = $2 WHERE order_id = $1";
  await query(captured, [order.id, captureId]);
  await emit('payment.captured', order);
};

const dispatch: Handler = async (order, { query, emit }) => {
  const { tracking } = await carrier(order.id);
  const insert = "INSERT INTO parcels (order_id, state, tracking) VALUES ($1, 'dispatched', $2)";
  await query(insert, [order.id, tracking]);
  await emit('parcel.dispatched', order);
};

const deliver: Handler = async (order, { query, emit }) => {
  await query("UPDATE parcels SET state = 'delivered' WHERE order_id = $1", [order.id]);
  await emit('parcel.delivered', order);
};

const notify =
  (type: string): Handler =>
  ({ id, userId }, { query }) =>
    query('INSERT INTO notices (order_id, user_id, type) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
      id,
      userId,
      type,
    ]);

const NOTIFIED = ['order.awaiting_payment', 'order.paid', 'order.shipped', 'order.completed'];

/** On a topic, do this: by service. */
export const HANDLERS: Record<string, Record<string, Handler>> = {
  orders: {
    'stock.reserved': become('reserved', 'order.priced'),
    'payable.opened': become('awaiting_payment', 'order.awaiting_payment'),
    'payment.captured': become('paid', 'order.paid'),
    'parcel.dispatched': become('shipped', 'order.shipped'),
    'parcel.delivered': become('completed', 'order.completed'),
  },
  inventory: { 'order.placed': reserve, 'parcel.dispatched': issue },
  payments: { 'order.priced': open, 'order.awaiting_payment': capture },
  logistics: { 'order.paid': dispatch, 'parcel.dispatched': deliver },
  notifications: Object.fromEntries(NOTIFIED.map((topic) => [topic, notify(topic)])),
};
