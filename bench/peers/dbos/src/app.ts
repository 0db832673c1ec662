// The workflow of an order and five participants with a schema each, in one process: PORT, SHOP_URL, SYSTEM_URL.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { DBOS, type WorkflowHandle } from '@dbos-inc/dbos-sdk';
import { PgDataSource } from './data-source.js';

interface Order {
  id: string;
  sku: string;
  quantity: number;
  userId: string;
  total: number;
  address: object;
}

const shop = new PgDataSource('shop', process.env['SHOP_URL']!);

const query = (name: string, text: string, values: unknown[]) => shop.client.query({ name, text, values });

/** The card gateway and the carrier answer at once, as those of every system of the benchmark. */
const cardGateway = async (id: string) => ({ captureId: `capture-${id}` });
const carrier = async (id: string) => ({ tracking: `tracking-${id}` });

const HISTORY = 'INSERT INTO orders.history (order_id, status) VALUES ($1, $2)';

const place = (o: Order) =>
  shop.step('orders.place', async () => {
    const insert = `INSERT INTO orders.orders (id, user_id, sku, quantity, total, address, status)
      VALUES ($1, $2, $3, $4, $5, $6, 'pending') ON CONFLICT DO NOTHING`;
    await query('place', insert, [o.id, o.userId, o.sku, o.quantity, o.total, JSON.stringify(o.address)]);
    await query('history', HISTORY, [o.id, 'pending']);
  });

const reserve = ({ id, sku, quantity }: Order) =>
  shop.step('inventory.reserve', async () => {
    const hold = `UPDATE inventory.stock SET available = available - $2, held = held + $2
      WHERE sku = $1 AND available >= $2`;
    const { rowCount } = await query('hold', hold, [sku, quantity]);
    if (rowCount !== 1) return false;
    const insert = 'INSERT INTO inventory.reservations (order_id, sku, quantity) VALUES ($1, $2, $3)';
    await query('reserve', insert, [id, sku, quantity]);
    return true;
  });

const issue = ({ id, sku, quantity }: Order) =>
  shop.step('inventory.issue', async () => {
    await query('sell', 'UPDATE inventory.stock SET held = held - $2, sold = sold + $2 WHERE sku = $1', [
      sku,
      quantity,
    ]);
    await query('issue', "UPDATE inventory.reservations SET state = 'issued' WHERE order_id = $1", [id]);
  });

const become = async ({ id, userId }: Order, status: string): Promise<void> => {
  await shop.step(`orders.${status}`, async () => {
    await query('status', 'UPDATE orders.orders SET status = $2, version = version + 1 WHERE id = $1', [id, status]);
    await query('history', HISTORY, [id, status]);
  });
  const insert = `INSERT INTO notifications.inbox (order_id, user_id, type) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING`;
  await write(`notifications.${status}`, insert, [id, userId, status]);
};

const write = (name: string, text: string, values: unknown[]) =>
  shop.step(name, async () => void (await query(name, text, values)));

async function fulfil(order: Order): Promise<string> {
  const { id, total } = order;
  await place(order);
  if (!(await reserve(order))) return 'rejected';
  const open = "INSERT INTO payments.payables (order_id, total, state) VALUES ($1, $2, 'open')";
  await write('payments.open', open, [id, total]);
  await become(order, 'awaiting_payment');
  const { captureId } = await DBOS.runStep(() => cardGateway(id), { name: 'capture' });
  const captured = "UPDATE payments.payables SET state = 'captured', capture_id = $2 WHERE order_id = $1";
  await write('payments.captured', captured, [id, captureId]);
  await become(order, 'paid');
  await write('logistics.create', "INSERT INTO logistics.parcels (order_id, state) VALUES ($1, 'preparing')", [id]);
  const { tracking } = await DBOS.runStep(() => carrier(id), { name: 'book' });
  const dispatched = "UPDATE logistics.parcels SET state = 'dispatched', tracking = $2 WHERE order_id = $1";
  await write('logistics.dispatched', dispatched, [id, tracking]);
  await become(order, 'shipped');
  await issue(order);
  await write('logistics.delivered', "UPDATE logistics.parcels SET state = 'delivered' WHERE order_id = $1", [id]);
  await become(order, 'completed');
  return 'completed';
}

const workflow = DBOS.registerWorkflow(fulfil, { name: 'fulfil' });
const handles = new Map<string, WorkflowHandle<string>>();

async function answer(request: IncomingMessage): Promise<unknown> {
  const { method, url = '' } = request;
  if (method === 'GET') {
    const id = url.slice('/orders/'.length);
    const handle = handles.get(id) ?? DBOS.retrieveWorkflow<string>(id);
    handles.delete(id);
    return handle.getResult();
  }
  const body = await bodyOf(request);
  if (url === '/stock') return addStock(body as { sku: string; quantity: number });
  const order = body as Order;
  handles.set(order.id, await DBOS.startWorkflow(workflow, { workflowID: order.id })(order)); // durable from here on
  return { id: order.id, status: 'pending' };
}

async function addStock({ sku, quantity }: { sku: string; quantity: number }): Promise<object> {
  await shop.pool.query('INSERT INTO inventory.stock (sku, available) VALUES ($1, $2)', [sku, quantity]);
  return {};
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, headers).end(text);
}

DBOS.setConfig({
  name: 'shop',
  systemDatabaseUrl: process.env['SYSTEM_URL']!,
  systemDatabasePoolSize: 20,
  logLevel: 'warn',
});
await DBOS.launch();
createServer((request, response) => {
  answer(request).then(
    (body) => respond(response, 200, body),
    (error: unknown) => respond(response, 500, { error: String(error) }),
  );
}).listen(Number(process.env['PORT']), '127.0.0.1', () => console.log('ready'));
