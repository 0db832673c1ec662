/** Cents. */
const TOTAL = 2_599;
/** The type of a fact, and the status after it. */
type Fact = readonly [type: string, status: string];
const PLACED: Fact = ['order.placed', 'pending'];
const AWAITING: Fact = ['order.awaiting_payment', 'awaiting_payment'];
const PAID: Fact = ['order.paid', 'paid'];
const SHIPPED: Fact = ['order.shipped', 'shipped'];
const CANCELLED: Fact = ['order.cancelled', 'cancelled'];

interface SampleOrder {
  n: number;
  history: readonly Fact[];
  /** Where its stock is. */
  warehouses: readonly string[];
  coupon?: boolean;
  sale?: boolean;
}

/** One order in every state that lasts, and two that were won in a sale. */
const ORDERS: readonly SampleOrder[] = [
  { n: 1, history: [PLACED, CANCELLED], warehouses: [] },
  { n: 2, history: [PLACED, AWAITING], warehouses: ['east'] },
  { n: 3, history: [PLACED, AWAITING, PAID], warehouses: ['east', 'west'], coupon: true },
  { n: 4, history: [PLACED, AWAITING, PAID, SHIPPED], warehouses: ['east'] },
  { n: 5, history: [PLACED, AWAITING, PAID, SHIPPED, ['order.completed', 'completed']], warehouses: ['east'] },
  { n: 6, history: [PLACED, ['order.rejected', 'rejected']], warehouses: [] },
  { n: 7, history: [PLACED, AWAITING, PAID, CANCELLED], warehouses: ['east'], coupon: true },
  { n: 8, history: [PLACED, AWAITING, PAID], warehouses: ['east'], sale: true },
  { n: 9, history: [PLACED, AWAITING, CANCELLED], warehouses: ['east'], sale: true },
];
const statusOf = ({ history }: SampleOrder): string => history.at(-1)?.[1] ?? '';
const withStatus = (...statuses: string[]): SampleOrder[] =>
  ORDERS.filter((order) => statuses.includes(statusOf(order)));
const wasPaid = ORDERS.filter(({ history }) => history.includes(PAID));

const USER = 50;
const SALE = 90;
const each = <R>(rows: readonly R[], sql: (row: R) => string): string => rows.map(sql).join('; ');
const picks = (warehouses: readonly string[]): string =>
  JSON.stringify(warehouses.map((warehouse) => ({ sku: 'cap', warehouse, quantity: 1 })));

type Uuid = (n: number) => string;

/** The money that was captured for an order, as payments stores it. */
export const capture = (uuid: Uuid, n: number, status = 'captured'): string =>
  `INSERT INTO captures (id, order_id, amount, currency, status, gateway_reference, version) VALUES ('${uuid(100 + n)}', '${uuid(n)}', ${TOTAL}, 'USD', '${status}', 'ref', 2)`;

/** By service: its tables, and the SQL that stores the orders, given how numbers become ids. */
export const CONSISTENT_SHOP: Readonly<Record<string, { tables: string; sql: (uuid: Uuid) => string }>> = {
  accounts: {
    tables: 'accounts, phones, revocations',
    sql: (uuid) => `
      INSERT INTO phones (phone, version) VALUES ('+15550000001', 2);
      INSERT INTO accounts (id, phone, verified_at, token_epoch, version) VALUES ('${uuid(USER)}', '+15550000001', now(), 1, 3), ('${uuid(51)}', NULL, NULL, 1, 2);
      INSERT INTO revocations (id, min_epoch, expires_at, version) VALUES ('${uuid(USER)}', 1, now() + interval '30 days', 1), ('${uuid(51)}', 1, now() + interval '30 days', 1)`,
  },
  orders: {
    tables: 'orders, order_history',
    sql: (uuid) => `
      INSERT INTO orders (id, user_id, status, reason, version) VALUES ('${uuid(31)}', '${uuid(USER)}', 'cancelled', 'customer', 1);
      INSERT INTO orders (id, user_id, status, reason, body_hash, lines, refusal, version) VALUES ('${uuid(32)}', '${uuid(USER)}', 'rejected', 'unknown_product', 'hash', '[]', '{}', 1);
      ${each(ORDERS, (order) => {
        const { n, history, warehouses, coupon, sale } = order;
        const row = `INSERT INTO orders (id, user_id, status, total, coupon, flash_sale_id, allocation, placed_at, pay_by, version)
          VALUES ('${uuid(n)}', '${uuid(USER)}', '${statusOf(order)}', ${TOTAL}, ${coupon ? "'TEN'" : 'NULL'}, ${sale ? `'${uuid(SALE)}'` : 'NULL'}, '${picks(warehouses)}', now(), now() + interval '1 hour', ${history.length})`;
        const entries = history.map(
          ([type, status], index) => `('${uuid(n)}', ${index + 1}, now(), '${type}', '{}', '${status}')`,
        );
        return `${row}; INSERT INTO order_history (order_id, version, at, type, detail, status) VALUES ${entries.join(', ')}`;
      })}`,
  },
  payments: {
    tables: 'captures, payables',
    sql: (uuid) =>
      each(wasPaid, (order) => capture(uuid, order.n, statusOf(order) === 'cancelled' ? 'refunded' : 'captured')),
  },
  inventory: {
    tables: 'stock, reservations, allotments',
    sql: (uuid) => `
      INSERT INTO stock (sku, warehouse, received, on_hand, reserved, allotted, issued, version) VALUES ('cap', 'east', 20, 6, 3, 9, 2, 9), ('cap', 'west', 5, 4, 1, 0, 0, 2);
      INSERT INTO allotments (sale_id, sku, status, quantity, remaining, taken, version) VALUES ('${uuid(SALE)}', 'cap', 'allotted', 10, '{"east": 9}', 1, 2);
      ${each(withStatus('awaiting_payment', 'paid', 'shipped', 'completed', 'cancelled'), (order) => {
        const released = statusOf(order) === 'cancelled';
        const parcels = ['shipped', 'completed'].includes(statusOf(order))
          ? [{ parcelId: uuid(200 + order.n), allocation: JSON.parse(picks(order.warehouses)) }]
          : [];
        return `INSERT INTO reservations (order_id, status, allocation, parcels, version) VALUES ('${uuid(order.n)}', '${released ? 'released' : 'held'}', '${released ? '[]' : picks(order.warehouses)}', '${JSON.stringify(parcels)}', 1)`;
      })}`,
  },
  logistics: {
    tables: 'parcels',
    sql: (uuid) => {
      const status: Record<string, string> = { paid: 'preparing', shipped: 'dispatched', completed: 'delivered' };
      const parcels = withStatus('paid', 'shipped', 'completed').flatMap((order) =>
        order.warehouses.map((warehouse, index) => ({
          id: uuid(200 + 10 * index + order.n),
          order: uuid(order.n),
          warehouse,
          status: status[statusOf(order)],
        })),
      );
      return each(
        parcels,
        ({ id, order, warehouse, status: is }) =>
          `INSERT INTO parcels (id, order_id, warehouse, status, version) VALUES ('${id}', '${order}', '${warehouse}', '${is}', 1)`,
      );
    },
  },
  promotions: {
    tables: 'coupons, coupon_uses, redemptions, points_earnings, points_balances',
    sql: (uuid) => `
      INSERT INTO coupons (code, redeemed, "limit", per_user, version) VALUES ('TEN', 1, 5, 5, 2);
      INSERT INTO coupon_uses (code, user_id, orders, version) VALUES ('TEN', '${uuid(USER)}', 1, 2);
      ${each(
        ORDERS.filter(({ coupon }) => coupon),
        (order) =>
          `INSERT INTO redemptions (order_id, code, status, version) VALUES ('${uuid(order.n)}', 'TEN', '${statusOf(order) === 'cancelled' ? 'released' : 'redeemed'}', 1)`,
      )};
      INSERT INTO points_earnings (order_id, user_id, points, version) VALUES ('${uuid(5)}', '${uuid(USER)}', ${Math.floor(TOTAL / 100)}, 1);
      INSERT INTO points_balances (user_id, points, version) VALUES ('${uuid(USER)}', ${Math.floor(TOTAL / 100)}, 1)`,
  },
  'flash-sale': {
    tables: 'sales, claims',
    sql: (uuid) => `
      INSERT INTO sales (id, state, quantity, remaining, held, sold, version) VALUES ('${uuid(SALE)}', 'open', 10, 9, 0, 1, 5);
      ${each(
        ORDERS.filter(({ sale }) => sale),
        (order) =>
          `INSERT INTO claims (sale_id, user_id, round, won_round, order_id, win, version) VALUES ('${uuid(SALE)}', '${uuid(USER + order.n)}', 1, 1, '${uuid(order.n)}', '${statusOf(order) === 'cancelled' ? 'expired' : 'paid'}', 2)`,
      )}`,
  },
  notifications: {
    tables: 'deliveries, recipients, texts',
    sql: (uuid) => {
      const announced = ORDERS.flatMap(({ n, history }) =>
        history
          .filter(([type]) => type !== 'order.placed')
          .flatMap(([type]) =>
            (type === 'order.completed' ? ['inbox'] : ['sms', 'inbox']).map((channel) => ({ n, channel })),
          ),
      );
      // The second order's customer has no phone number yet.
      const waits = ({ n, channel }: { n: number; channel: string }): boolean => n === 2 && channel === 'sms';
      return `
        INSERT INTO recipients (user_id, version) VALUES ('${uuid(USER)}', 1);
        INSERT INTO texts (id, user_id, about, text, asked_at, version) VALUES ('${uuid(300)}', '${uuid(USER)}', 'orders/${uuid(2)}', '...', NULL, 1);
        ${each(
          announced.filter((notice) => !waits(notice)),
          ({ n, channel }) =>
            `INSERT INTO deliveries (id, user_id, channel, about, text, status, version) VALUES (gen_random_uuid(), '${uuid(USER)}', '${channel}', 'orders/${uuid(n)}', '...', 'sent', 1)`,
        )}`;
    },
  },
};
