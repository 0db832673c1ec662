import { Queues } from '@sluice/audit/queues';
import { queryRows } from '@sluice/stack/databases/query-rows';
import type { Broker } from '@sluice/stack/rabbitmq/users';

/** What the shop has stored at the end of a run. */
export interface ShopState {
  orders: OrderState[];
  money: OrderMoney[];
}
export interface OrderState {
  id: string;
  userId: string;
  status: string;
  reason: string | null;
  saleId: string | null;
}
/** How many captures of an order took money, and how many were not refunded. */
export interface OrderMoney {
  orderId: string;
  taken: number;
  kept: number;
}

/** What the shop has stored about its requests to providers. */
export interface ProviderState {
  /** `id`: the key at the card gateway. */
  captures: { id: string; orderId: string; status: string; reference: string | null }[];
  /** By SMS. */
  texts: { id: string; status: string }[];
}

/** URLs by service, of an administrator. */
type Databases = Readonly<Record<string, string>>;

const query = <T extends object>(databases: Databases, service: string, sql: string): Promise<T[]> =>
  queryRows<T>(databases[service] ?? '', sql);

export const shopStateOf = async (databases: Databases): Promise<ShopState> => ({
  orders: await query(
    databases,
    'orders',
    `SELECT id::text, user_id::text AS "userId", status, reason, flash_sale_id::text AS "saleId" FROM orders WHERE version > 0 AND placed_at IS NOT NULL`,
  ),
  money: await query(
    databases,
    'payments',
    `SELECT order_id::text AS "orderId", (count(*) FILTER (WHERE status IN ('captured', 'refunded')))::int AS taken, (count(*) FILTER (WHERE status = 'captured'))::int AS kept
     FROM captures WHERE version > 0 GROUP BY order_id`,
  ),
});

export const providerStateOf = async (databases: Databases): Promise<ProviderState> => ({
  captures: await query(
    databases,
    'payments',
    `SELECT coalesce(gateway_key, id::text) AS id, order_id::text AS "orderId", status, gateway_reference AS reference FROM captures WHERE version > 0`,
  ),
  texts: await query(
    databases,
    'notifications',
    `SELECT id::text, status FROM deliveries WHERE version > 0 AND channel = 'sms' AND status <> 'withheld'`,
  ),
});

export async function deadLettersOf(broker: Broker): Promise<Record<string, number>> {
  const queues = await Queues.open(broker);
  try {
    return (await queues.depths()).dead;
  } finally {
    await queues.close();
  }
}

/** Writes the server's log of changes to its data files: a crash after it replays nothing older. */
export const checkpoint = (databases: Databases): Promise<unknown> => query(databases, 'orders', 'CHECKPOINT');
