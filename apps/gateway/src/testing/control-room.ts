import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { CreateCoupon, EXCHANGES, GetPoints, OrderCompleted, type Reply } from '@sluice/contracts';
import { On } from '@sluice/messaging';
import type { ChannelModel } from 'amqplib';
import type { Snapshot } from '../machine/snapshot.js';
import { listenTo } from './event-source.js';
import { ANN, startGateway, tokenOf } from './gateway.js';
import { startPeer, type Peer } from './start-peer.js';

/** Its consumer is a `SlowPeer`. */
export const QUEUE = 'promotions.events';
export const PAID = {
  ...{ orderId: '0198c0de-0000-8000-8000-000000000001', userId: '0198c0de-0000-7000-8000-000000000002', version: 1 },
  ...{ lines: [], allocation: [], total: { amount: 100, currency: 'EUR' } },
  address: { name: 'Ann', street: '1', city: 'Bonn', postcode: '1', country: 'DE' },
};

/** Takes `ms` for each fact. */
@Controller()
export class SlowPeer {
  ms = 0;

  @On(OrderCompleted)
  completed(): Promise<void> {
    return pause(this.ms);
  }

  @On(GetPoints)
  async points(): Promise<Reply<typeof GetPoints>> {
    return { points: 7 };
  }

  @On(CreateCoupon)
  create(): Promise<never> {
    throw new Error('nobody asks for one');
  }
}

/** A broker with a user for each service. */
interface Broker {
  connection: ChannelModel;
  userOf(service: string): string | undefined;
}

/** A gateway on this broker, and an administrator who follows its control room. */
export async function openControlRoom(broker: Broker, urls: Record<string, string>) {
  const gateway = await startGateway({ AMQP_URL: urls['gateway']! });
  await gateway.app.listen(0, '127.0.0.1');
  const admin = await tokenOf(ANN, { role: 'admin' });
  const stream = await listenTo(gateway, '/ops/stream', { as: admin });
  const properties = () => ({
    ...{ type: 'order.completed', contentType: 'application/json', persistent: true, userId: broker.userOf('orders') },
    messageId: randomUUID(),
    headers: { version: 1, time: new Date().toISOString(), 'correlation-id': 'load' },
  });
  const snapshots = (): Snapshot[] => stream.events().map(({ data }) => data as unknown as Snapshot);
  return {
    ...{ gateway, admin, snapshots },
    last: (): Snapshot => snapshots().at(-1)!,
    startPromotions: (): Promise<Peer<SlowPeer>> => startPeer({ url: urls['promotions']! }, 'promotions', SlowPeer),
    /** Publishes facts for `QUEUE` evenly for so long. */
    async publishFor(ms: number, perSecond: number): Promise<void> {
      const channel = await broker.connection.createConfirmChannel();
      const [body, began] = [Buffer.from(JSON.stringify(PAID)), performance.now()];
      const total = Math.round((ms / 1_000) * perSecond);
      for (let sent = 0; sent < total; await pause(10)) {
        const due = Math.min(total, Math.ceil(((performance.now() - began) / 1_000) * perSecond));
        for (; sent < due; sent++) channel.publish(EXCHANGES.events, 'order.completed', body, properties());
      }
      await channel.waitForConfirms();
      await channel.close();
    },
    async close(): Promise<void> {
      stream.cut();
      await gateway.stop();
    },
  };
}

export type ControlRoom = Awaited<ReturnType<typeof openControlRoom>>;

export const queueIn = ({ queues }: Snapshot): Snapshot['queues'][number] | undefined =>
  queues.find((one) => one.queue === QUEUE);
