import { randomUUID } from 'node:crypto';
import { EXCHANGES, OPERATED, operationsOf, type DependencyHealth } from '@sluice/contracts';
import { connectToBroker } from '@sluice/stack/rabbitmq/administration';
import { until } from '@sluice/stack/until';
import type { Channel, ConsumeMessage } from 'amqplib';

/** A running service replies in some ms; one that does not run is given up after this. Milliseconds. */
const REPLY_WITHIN_MS = 1_000;
const POLL_MS = 20;
const REPLIES = 'amq.rabbitmq.reply-to';

/** What services report as sick: databases, brokers, providers. One line each; none of a service without a reply. */
export async function sickDependencies(broker: { url: string }): Promise<string[]> {
  const connection = await connectToBroker(broker, 'audit');
  try {
    const channel = await connection.createChannel();
    const lines = new Map<string, string[]>();
    const keep = (reply: ConsumeMessage): unknown => lines.set(reply.properties.correlationId, linesOf(reply));
    await channel.consume(REPLIES, (reply) => reply && keep(reply), { noAck: true });
    for (const service of OPERATED) await request(channel, service);
    await until(() => lines.size === OPERATED.length, { withinMs: REPLY_WITHIN_MS, everyMs: POLL_MS });
    return OPERATED.flatMap((service) => lines.get(service) ?? []);
  } finally {
    await connection.close();
  }
}

/**
 * Publishes the query as administrators do, directly to the queue of the service: by its usual exchange the service
 * would refuse it, because only the gateway may send it (libs/messaging/src/sender-verification.ts).
 */
async function request(channel: Channel, service: string): Promise<void> {
  const { encode } = await import('@sluice/messaging'); // loads Nest
  const [id, time] = [randomUUID(), new Date().toISOString()];
  const about = { id, time, correlationId: id, source: 'audit', reply: { to: REPLIES, id: service } };
  const { body, properties } = encode(queryOf(service)({}), { ...about, timeoutMs: REPLY_WITHIN_MS });
  channel.publish(EXCHANGES.operator, `${service}.ops`, Buffer.from(body), properties);
}

const queryOf = (service: string) => operationsOf(service)!.LookAtQueues;

function linesOf({ properties: { correlationId: service }, content }: ConsumeMessage): string[] {
  const reply = queryOf(service).reply?.safeParse(JSON.parse(content.toString()));
  const dependencies = reply?.data?.dependencies ?? [];
  return dependencies.filter(({ state }) => state === 'sick').map((sick) => line(service, sick));
}

const line = (service: string, { name, since, because }: DependencyHealth): string =>
  `${service}: the ${name} is sick since ${since}: ${because}`;
