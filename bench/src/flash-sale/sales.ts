import { CreateSale, GetSale, SaleChanged, StockAllotted, type Outgoing, type Sale } from '@sluice/contracts';
import { encode, MessageClient } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { eventually } from '@sluice/testing';

const WITHIN_MS = 30_000;

const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();
const offer = (quantity: number) => ({
  sku: 'TEA',
  quantity,
  price: { amount: 1, currency: 'EUR' },
  opensAt: inMs(-1_000),
  closesAt: inMs(3_600_000),
  payWithinSeconds: 3_600,
});

const send = (client: MessageClient, message: Outgoing): Promise<void> =>
  client.publisher.publish(encode(message, { id: newId(), time: inMs(0), correlationId: 'bench', source: 'bench' }));

/** Opens a sale at flash-sale, which must be running; publishes the event of inventory itself. @returns its id */
export async function openSale(client: MessageClient, quantity: number): Promise<string> {
  const sale = { saleId: newId(), ...offer(quantity) };
  await client.request(CreateSale, sale, { deadlineMs: WITHIN_MS });
  await send(client, StockAllotted({ saleId: sale.saleId, sku: sale.sku, quantity, version: 1 }));
  await eventually(async () => {
    const { state } = await client.request(GetSale, { saleId: sale.saleId, anyState: true }, { deadlineMs: WITHIN_MS });
    if (state !== 'open') throw new Error(`the sale is ${state}`);
  });
  return sale.saleId;
}

/** Publishes to the gateway a sale of which flash-sale, which must be stopped, has no record. @returns its id */
export async function pretendSale(client: MessageClient, gatewayPort: number, state: Sale['state']): Promise<string> {
  const sale = { id: newId(), state, ...offer(1), remaining: 1, held: 0, sold: 0, round: 1, version: 2 };
  const expectSale = async (): Promise<void> => {
    await send(client, SaleChanged(sale));
    if (!(await fetch(`http://127.0.0.1:${gatewayPort}/flash-sales/${sale.id}`)).ok)
      throw new Error('the gateway has not received the sale');
  };
  await eventually(expectSale, { withinMs: WITHIN_MS });
  return sale.id;
}
