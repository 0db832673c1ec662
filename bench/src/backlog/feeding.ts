import { randomUUID } from 'node:crypto';
import { PlaceOrder, ReceiveStock, type Outgoing } from '@sluice/contracts';
import { encode } from '@sluice/messaging';
import type { Place } from './place.js';

/** SKUs that DEV_SEED creates with plenty of stock. */
const SKUS = [
  'TEE-BLACK',
  'TEE-WHITE',
  'HOODIE-GREY',
  'CAP-NAVY',
  'SOCKS-WOOL',
  'MUG-WHITE',
  'MUG-ENAMEL',
  'BOTTLE-STEEL',
  'NOTEBOOK-A5',
  'PEN-BLACK',
];
/** Quantity above what any run orders of one SKU, so that every order has the same effect. */
const PLENTY = 1_000_000;
const ADDRESS = { name: 'Ann', street: 'Main Street 1', city: 'Springfield', postcode: '12345', country: 'US' };
/** Half of the messages that may wait for the broker in one process. */
const BATCH_SIZE = 5_000;

/** What messages are published with. */
type Sender = Pick<Place, 'publisher'>;

const send = ({ publisher }: Sender, message: Outgoing): Promise<void> =>
  publisher.publish(
    encode(message, { id: randomUUID(), time: new Date().toISOString(), correlationId: randomUUID(), source: 'bench' }),
  );

/** Publishes the products to orders and stocks more than the bench orders. Stops both services again. */
export async function stockUp(place: Place): Promise<void> {
  const services = [await place.start('orders'), await place.start('inventory', { DEV_SEED: 'true' })];
  await place.until(
    'orders has all products',
    async () => (await place.count('orders', 'product_copies WHERE version > 0')) >= SKUS.length,
  );
  for (const sku of SKUS)
    await send(place, ReceiveStock({ sku, warehouse: 'east', quantity: PLENTY, reference: 'bench' }));
  await place.until(
    'all products are in stock',
    async () => (await place.count('inventory', `stock WHERE on_hand >= ${PLENTY}`)) === SKUS.length,
  );
  for (const service of services) await service.end();
}

/**
 * Publishes orders with one or two lines, without a caller that waits for the reply. Each is of another user, because
 * the number of unpaid orders per user is limited.
 */
export async function placeOrders(at: Sender, count: number, skus: readonly string[] = SKUS): Promise<void> {
  for (let from = 0; from < count; from += BATCH_SIZE) {
    await Promise.all(
      Array.from({ length: Math.min(BATCH_SIZE, count - from) }, (_, index) => send(at, orderOf(from + index, skus))),
    );
  }
}

function orderOf(index: number, skus: readonly string[]): Outgoing {
  const lines = [index, ...(index % 2 === 0 ? [index + 3] : [])].map((n) => ({
    sku: skus[n % skus.length]!,
    quantity: 1,
  }));
  return PlaceOrder({ orderId: randomUUID(), userId: randomUUID(), bodyHash: `${index}`, lines, address: ADDRESS });
}
