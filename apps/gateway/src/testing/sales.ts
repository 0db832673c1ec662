import { randomUUID } from 'node:crypto';
import { SaleChanged, type Sale } from '@sluice/contracts';
import { encode, Publisher, type MessageClient } from '@sluice/messaging';
import { expect, vi } from 'vitest';
import { CLAIM_CLIENT } from '../flash-sale/claim-queue.js';
import { Sales } from '../flash-sale/sales.js';
import type { Gateway } from '../gateway.js';
import { saleOf } from './flash-sale-peer.js';
import { ADDRESS, call, startGateway, type Answer } from './gateway.js';

/** Longer than any test runs: with it as interval, a gateway receives news by facts alone. */
export const NEVER_MS = '600000';
const SOON = { timeout: 10_000, interval: 25 };

/** Starts a gateway and waits until it listens, can publish claims, and receives live facts. */
export async function startSaleGateway(
  { url }: { url: string },
  settings: Record<string, string> = {},
): Promise<Gateway> {
  const gateway = await startGateway({
    AMQP_URL: url,
    SALES_REFRESH_MS: NEVER_MS,
    STREAM_REFRESH_MS: NEVER_MS,
    ...settings,
  });
  await gateway.app.listen(0, '127.0.0.1');
  const publishers = [gateway.app.get(Publisher), gateway.app.get<MessageClient>(CLAIM_CLIENT).publisher];
  await vi.waitFor(() => expect(publishers.map(({ ready }) => ready)).toEqual([true, true]), SOON);
  // A fact published before the gateway's queue is bound is lost: publish until it arrives.
  const over = saleOf({ id: randomUUID(), state: 'closed' });
  await vi.waitFor(async () => {
    await publishSale(gateway, over);
    expect(cachedSale(gateway, over)).toEqual(over);
  }, SOON);
  return gateway;
}

export const claim = (
  gateway: Gateway,
  saleId: string,
  as: string,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  call(gateway, 'POST', `/flash-sales/${saleId}/claims`, { as, body: { address: ADDRESS }, headers });

/** Publishes a sale and waits until every gateway has it in its cache. */
export async function announce(gateways: Gateway[], change: Partial<Sale> = {}): Promise<Sale> {
  const sale = saleOf({ id: randomUUID(), ...change });
  await publishSale(gateways[0]!, sale);
  for (const gateway of gateways) await vi.waitFor(() => expect(cachedSale(gateway, sale)).toEqual(sale), SOON);
  return sale;
}

const cachedSale = ({ app }: Gateway, { id }: Sale): Sale | undefined => app.get(Sales).get(id);

function publishSale({ app }: Gateway, sale: Sale): Promise<void> {
  const about = { id: randomUUID(), time: new Date().toISOString(), correlationId: 'said', source: 'flash-sale' };
  return app.get(Publisher).publish(encode(SaleChanged(sale), about));
}
