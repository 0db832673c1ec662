import {
  layout,
  system,
  type Binding,
  type Contract,
  type LayoutSettings,
  type Services,
  type Topology,
} from '@sluice/contracts/kit';
import { connect, type Channel } from 'amqplib';
import type { BrokerAddress } from './connection.js';
import { SCHEDULE } from './schedule.js';

const DEFAULTS: LayoutSettings = {
  retryTiersMs: SCHEDULE.retryTiersMs,
  outsideTiersMs: SCHEDULE.outsideTiersMs,
  callsOutside: [],
  bound: 10_000,
  live: [],
  replicated: false,
};

/**
 * Declares what the services of the declared system need on the broker: its exchanges, their queues with dead letters
 * and retry tiers, and the bindings. Each service with contracts of its own also gets its queue `ops`. What exists
 * with the same arguments stays as it is, and nothing is deleted. The user of `url` needs all permissions.
 * @param services by service and queue, what the queue takes: `{ counter: { commands: [CountVisit] } }`
 * @throws Error when something exists with other arguments (406 PRECONDITION_FAILED)
 */
export async function declareTopology(
  { url, tls }: BrokerAddress,
  services: Services,
  settings: Partial<LayoutSettings> = {},
): Promise<void> {
  const connection = await connect(url, tls);
  try {
    const channel = await connection.createChannel();
    // The error also rejects the pending call.
    channel.on('error', () => undefined);
    await declareAll(channel, layout(withOperations(services), { ...DEFAULTS, ...settings }));
    await channel.close();
  } finally {
    await connection.close();
  }
}

const withOperations = (services: Services): Services =>
  Object.fromEntries(
    Object.entries(services).map(([service, queues]) => [service, { ...operationsQueue(service), ...queues }]),
  );

function operationsQueue(service: string): Record<string, Contract[]> {
  const contracts = system().catalogue.operationsOf(service);
  return contracts ? { ops: Object.values(contracts) } : {};
}

/** Declares bindings last, since both ends must exist. */
async function declareAll(channel: Channel, { exchanges, queues, bindings }: Topology): Promise<void> {
  for (const { name, type, arguments: args } of exchanges)
    await channel.assertExchange(name, type, { durable: true, arguments: args });
  for (const { name, arguments: args } of queues) await channel.assertQueue(name, { durable: true, arguments: args });
  for (const binding of bindings) await bind(channel, binding);
}

const bind = (channel: Channel, { source, to, destination, key, arguments: args }: Binding): Promise<unknown> =>
  to === 'queue'
    ? channel.bindQueue(destination, source, key, args)
    : channel.bindExchange(destination, source, key, args);
