// One participant in a process: node service.js <name>, with PORT.
import './promise-with-resolvers.js';
import * as restate from '@restatedev/restate-sdk';

interface Order {
  sku: string;
  quantity: number;
  userId: string;
  total: number;
}

interface Stock {
  available: number;
  held: number;
  sold: number;
}

/** The card gateway and the carrier answer at once, as those of every system of the benchmark. */
const cardGateway = async (id: string) => ({ captureId: `capture-${id}` });
const carrier = async (id: string) => ({ tracking: `tracking-${id}` });

/** A virtual object per product. */
const inventory = restate.object({
  name: 'inventory',
  handlers: {
    receive: async (context: restate.ObjectContext, quantity: number) => {
      const stock = await stockOf(context);
      context.set('stock', { ...stock, available: stock.available + quantity });
    },
    reserve: async (context: restate.ObjectContext, { orderId, quantity }: { orderId: string; quantity: number }) => {
      if (await context.get(orderId)) return true;
      const { available, held, sold } = await stockOf(context);
      if (available < quantity) return false;
      context.set('stock', { available: available - quantity, held: held + quantity, sold });
      context.set(orderId, quantity);
      return true;
    },
    issue: async (context: restate.ObjectContext, { orderId }: { orderId: string }) => {
      const quantity = await context.get<number>(orderId);
      if (quantity === null) return;
      const { available, held, sold } = await stockOf(context);
      context.set('stock', { available, held: held - quantity, sold: sold + quantity });
      context.clear(orderId);
    },
  },
  options: { enableLazyState: true },
});

const stockOf = async (context: restate.ObjectContext): Promise<Stock> =>
  (await context.get<Stock>('stock')) ?? { available: 0, held: 0, sold: 0 };

/** A virtual object per order. */
const payments = restate.object({
  name: 'payments',
  handlers: {
    open: async (context: restate.ObjectContext, total: number) => context.set('payable', { total, state: 'open' }),
    pay: async (context: restate.ObjectContext) => {
      const payable = await context.get<{ total: number; state: string }>('payable');
      if (payable?.state === 'captured') return;
      const { captureId } = await context.run('capture', () => cardGateway(context.key));
      context.set('payable', { ...payable, state: 'captured', captureId });
    },
  },
});

/** A virtual object per order, with one parcel. */
const logistics = restate.object({
  name: 'logistics',
  handlers: {
    ship: async (context: restate.ObjectContext) => {
      if (await context.get('parcel')) return;
      context.set('parcel', { state: 'preparing' });
      const { tracking } = await context.run('book', () => carrier(context.key));
      context.set('parcel', { state: 'dispatched', tracking });
    },
    deliver: async (context: restate.ObjectContext) => {
      context.set('parcel', { ...(await context.get<object>('parcel')), state: 'delivered' });
    },
  },
});

/** A virtual object per customer. */
const notifications = restate.object({
  name: 'notifications',
  handlers: {
    add: async (context: restate.ObjectContext, entry: { orderId: string; type: string }) =>
      context.set(`${entry.orderId}:${entry.type}`, entry),
  },
  options: { enableLazyState: true },
});

/** A workflow per order: placing it twice is the same order. */
const orders = restate.workflow({
  name: 'orders',
  handlers: {
    run: async (context: restate.WorkflowContext, order: Order) => {
      const orderId = context.key;
      const { sku, quantity, userId, total } = order;
      const become = (status: string) => {
        context.set('order', { ...order, status });
        if (status !== 'pending') context.objectSendClient(notifications, userId).add({ orderId, type: status });
      };
      become('pending');
      if (!(await context.objectClient(inventory, sku).reserve({ orderId, quantity }))) return 'rejected';
      await context.objectClient(payments, orderId).open(total);
      become('awaiting_payment');
      await context.objectClient(payments, orderId).pay();
      become('paid');
      await context.objectClient(logistics, orderId).ship();
      become('shipped');
      context.objectSendClient(inventory, sku).issue({ orderId });
      await context.objectClient(logistics, orderId).deliver();
      become('completed');
      return 'completed';
    },
  },
  options: { workflowRetention: { hours: 1 } },
});

const services = { inventory, payments, logistics, notifications, orders };
await restate.serve({
  services: [services[process.argv[2] as keyof typeof services]],
  port: Number(process.env['PORT']),
});
console.log('ready');
