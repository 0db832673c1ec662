import type { Contract, Data } from '@sluice/contracts';
import type { ChannelModel } from 'amqplib';

/** What was said to everybody, as a listener hears it. */
export interface Facts {
  /** The messages of one contract that match. @throws Error when `count` is given and it is another */
  of<C extends Contract>(contract: C, matches?: (data: Data<C>) => boolean, count?: number): Data<C>[];
}

/** Hears every fact and every delivery from now on, until the connection closes. */
export async function facts({ connection }: { connection: ChannelModel }): Promise<Facts> {
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'shop.events', '#');
  await channel.bindQueue(queue, 'shop.deliveries', '', { 'x-match': 'all' });
  const heard: { type: string; data: unknown }[] = [];
  await channel.consume(
    queue,
    (message) =>
      message && heard.push({ type: message.properties.type as string, data: JSON.parse(message.content.toString()) }),
    { noAck: true },
  );
  return {
    of<C extends Contract>({ type }: C, matches: (data: Data<C>) => boolean = () => true, count?: number): Data<C>[] {
      const found = heard.filter((message) => message.type === type).map(({ data }) => data as Data<C>);
      const matching = found.filter(matches);
      if (count !== undefined && matching.length !== count)
        throw new Error(`heard ${matching.length} instead of ${count} of ${type}`);
      return matching;
    },
  };
}
