import { EXCHANGES, type Contract, type Data } from '@sluice/contracts';
import type { ChannelModel } from 'amqplib';
import { factsIn } from './facts-in.js';

/** The events and deliveries that a listener receives. */
export interface Facts {
  /** The data of one contract's messages that match. @throws Error unless there are `count`, when that is given */
  of<C extends Contract>(contract: C, matches?: (data: Data<C>) => boolean, count?: number): Data<C>[];
}

/** Receives every event and every delivery from now on, until the connection closes. */
export async function facts({ connection }: { connection: ChannelModel }): Promise<Facts> {
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, EXCHANGES.events, '#');
  await channel.bindQueue(queue, EXCHANGES.deliveries, '', { 'x-match': 'all' });
  const received: { type: string; data: unknown }[] = [];
  await channel.consume(queue, (message) => message && received.push(...factsIn(message)), { noAck: true });
  return {
    of<C extends Contract>({ type }: C, matches: (data: Data<C>) => boolean = () => true, count?: number): Data<C>[] {
      const found = received.filter((message) => message.type === type).map(({ data }) => data as Data<C>);
      const matching = found.filter(matches);
      if (count !== undefined && matching.length !== count)
        throw new Error(`received ${matching.length} instead of ${count} of ${type}`);
      return matching;
    },
  };
}
