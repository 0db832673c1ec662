import { system, type Contract } from '@sluice/contracts/kit';
import type { Channel, ChannelModel } from 'amqplib';
import { namesOf, type QueueRoutes, type Registration } from './routes.js';

/**
 * Fails the boot on wiring errors that would otherwise show after weeks, or only as dead letters.
 * @throws Error that names what to change
 */
export function checkWiring(
  service: string,
  registrations: readonly Registration[],
  expected: readonly Contract[],
): void {
  const patterns = registrations.map(({ pattern }) => pattern);
  const twice = [...new Set(patterns.filter((pattern, index) => patterns.indexOf(pattern) !== index))];
  const unanswered = expected.map(({ type }) => type).filter((type) => !patterns.includes(type));
  const faults = [
    ...twice.map((type) => `${type} has two handlers: remove one @On`),
    ...unanswered.map((type) => `${type} has no handler: add a method with @On for it, or remove the contract`),
  ];
  if (faults.length > 0) throw new Error(`${service} is wired wrongly: ${faults.join('; ')}`);
}

/**
 * Checks that the exchanges and queues of this service exist, without creating any.
 * @throws Error that lists everything missing and the fix
 */
export async function checkTopology(
  connection: ChannelModel,
  queues: readonly QueueRoutes[],
  tiersMs: readonly number[],
): Promise<void> {
  const { events, commands, deliveries, dead, retryTier } = system().exchanges;
  const exchanges = [events, commands, deliveries, dead, ...tiersMs.map(retryTier)];
  const names = [...namesOf(queues), ...tierQueuesOf(queues, tiersMs)];
  const missing: string[] = [];
  for (const name of exchanges)
    if (!(await exists(connection, (channel) => channel.checkExchange(name)))) missing.push(`exchange ${name}`);
  for (const name of names)
    if (!(await exists(connection, (channel) => channel.checkQueue(name)))) missing.push(`queue ${name}`);
  if (missing.length > 0)
    throw new Error(
      `the broker lacks ${missing.join(', ')}. Apply the map: npm run topology ` +
        '(a queue that is not in it: topology/src/map.ts)',
    );
}

/** Retry queues, one per tier, named after the service (the first word of its queues). Transient queues have none. */
function tierQueuesOf(queues: readonly QueueRoutes[], tiersMs: readonly number[]): string[] {
  const services = new Set(queues.filter(({ transient }) => !transient).map(({ queue }) => queue.split('.', 1)[0]));
  return [...services].flatMap((service) => tiersMs.map((ms) => `${service}.retry.${ms}`));
}

/**
 * Uses one channel per check, because a failed check closes its channel. The listener keeps the error from also
 * closing the connection.
 */
async function exists(connection: ChannelModel, check: (channel: Channel) => Promise<unknown>): Promise<boolean> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  try {
    await check(channel);
    await channel.close();
    return true;
  } catch (error) {
    const { code } = error as { code?: number };
    if (code === 404) return false;
    // RabbitMQ 4.2.6 and later answer 403 when the user has no permission on the resource; then this service does not
    // use it.
    if (code === 403) return true;
    throw error;
  }
}
