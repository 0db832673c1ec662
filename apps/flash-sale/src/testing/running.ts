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
import { encode, factsOf, MessageClient, type Delivery } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { startService, type Service } from '@sluice/service-kit';
import type { ChannelModel } from 'amqplib';
import { FlashSaleConfig } from '../config.js';
import { FlashSaleModule } from '../flash-sale.module.js';
import { ADDRESS, newSale } from './given.js';

/** The retry tiers of the test broker, in ms. */
export const TIERS_MS = [100, 200];
const DEADLINE_MS = 10_000;

/** The service in one or more instances, and a client that sends the messages of other services. */
export interface Shop {
  client: MessageClient;
  /** Starts one more instance. */
  start(): Promise<Service>;
  /** Stops all instances. */
  stop(): Promise<void>;
  send(...messages: Outgoing[]): Promise<void>;
  /** Sends messages as accepted from outside at that time. */
  sendAsOf(acceptedAt: string, ...messages: Outgoing[]): Promise<void>;
  /** Creates a sale and allots its pieces. */
  allotted(change?: Partial<Data<typeof CreateSale>>): Promise<Sale>;
  see(saleId: string): Promise<Sale>;
  result(saleId: string, userId: string, round?: number): Promise<ClaimResult>;
  close(): Promise<void>;
}

/** @param eventually waits for the effect of other processes */
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
        if (shown.state === 'preparing') throw new Error('the sale has no allotment yet');
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

/** Takes the messages to a service that is not running from its queue. */
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
    for (const { properties, fact, content } of factsOf<Delivery>(message))
      messages.push({ type: String(properties.type), data: (fact ? fact.data : JSON.parse(content.toString())) as T });
  }
  await channel.close();
  return messages;
}
