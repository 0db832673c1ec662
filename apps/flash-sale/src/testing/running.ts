import {
  ClaimPiece,
  type ClaimResult,
  CreateSale,
  type Data,
  GetClaim,
  GetSale,
  type Outgoing,
  type Sale,
  StockAllotted,
} from '@sluice/contracts';
import { encode, MessageClient } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { startService, type Service } from '@sluice/service-kit';
import type { ChannelModel } from 'amqplib';
import { FlashSaleConfig } from '../config.js';
import { FlashSaleModule } from '../flash-sale.module.js';
import { ADDRESS, newSale } from './given.js';

/** The retry tiers that the broker must have, in ms. */
export const TIERS_MS = [100, 200];
const DEADLINE_MS = 10_000;

/** The service, in as many processes as it were, and its neighbours' voice. */
export interface Shop {
  client: MessageClient;
  /** One more process. */
  start(): Promise<Service>;
  /** Ends all of them. */
  stop(): Promise<void>;
  send(...messages: Outgoing[]): Promise<void>;
  /** The same, accepted from outside at that time. */
  sendAsOf(acceptedAt: string, ...messages: Outgoing[]): Promise<void>;
  /** A sale whose pieces inventory has allotted. */
  allotted(change?: Partial<Data<typeof CreateSale>>): Promise<Sale>;
  see(saleId: string): Promise<Sale>;
  result(saleId: string, userId: string, round?: number): Promise<ClaimResult>;
  close(): Promise<void>;
}

/** @param eventually how to wait for what others do */
export function openShop(
  urls: { AMQP_URL: string; DATABASE_URL: string; [setting: string]: string },
  eventually: <T>(assertion: () => Promise<T>) => Promise<T>,
): Shop {
  const client = new MessageClient({ url: urls.AMQP_URL, source: 'neighbours' });
  const services: Service[] = [];
  const envelope = () => ({ id: newId(), time: new Date().toISOString(), correlationId: 'spec', source: 'neighbours' });
  const publish = async (about: { acceptedAt?: string }, messages: Outgoing[]) =>
    void (await Promise.all(
      messages.map((message) => client.publisher.publish(encode(message, { ...envelope(), ...about }))),
    ));
  const send = (...messages: Outgoing[]) => publish({}, messages);
  const stop = async () => void (await Promise.all(services.splice(0).map((service) => service.stop())));
  const see = (saleId: string) => client.request(GetSale, { saleId, anyState: true }, { deadlineMs: DEADLINE_MS });
  return {
    client,
    async start() {
      const environment = { ...urls, RETRY_TIERS_MS: TIERS_MS.join(), LOG_LEVEL: 'silent' };
      const service = await startService(
        { name: 'flash-sale', module: FlashSaleModule, config: FlashSaleConfig, database: true },
        environment,
      );
      services.push(service);
      return service;
    },
    stop,
    send,
    sendAsOf: (acceptedAt, ...messages) => publish({ acceptedAt }, messages),
    async allotted(change = {}) {
      const sale = newSale({ saleId: newId(), opensAt: inMs(-1_000), closesAt: inMs(600_000), ...change });
      await client.request(CreateSale, sale, { deadlineMs: DEADLINE_MS });
      await send(StockAllotted({ saleId: sale.saleId, sku: sale.sku, version: 1, quantity: sale.quantity }));
      return eventually(async () => {
        const shown = await see(sale.saleId);
        if (shown.state === 'preparing') throw new Error('its pieces are not there yet');
        return shown;
      });
    },
    see,
    result: (saleId, userId, round = 1) =>
      client.request(GetClaim, { saleId, userId, round }, { deadlineMs: DEADLINE_MS }),
    async close() {
      await stop();
      await client.close();
    },
  };
}

export const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();
export const ticket = (saleId: string, userId: string, round = 1): Outgoing =>
  ClaimPiece({ saleId, userId, round, address: ADDRESS });
export const users = (count: number): string[] => Array.from({ length: count }, newId);

/** What was sent to a neighbour that is not there: it waits in its queue, and is taken from it. */
export async function sent<T>(
  { connection }: { connection: ChannelModel },
  queue: string,
): Promise<{ type: string; data: T }[]> {
  const channel = await connection.createChannel();
  const messages: { type: string; data: T }[] = [];
  for (
    let message = await channel.get(queue, { noAck: true });
    message;
    message = await channel.get(queue, { noAck: true })
  ) {
    messages.push({ type: String(message.properties.type), data: JSON.parse(message.content.toString()) as T });
  }
  await channel.close();
  return messages;
}
