import { trust } from '@sluice/topology';
import { connect, type ChannelModel } from 'amqplib';
import { requireAddresses } from '../addresses.js';
import { messageOf } from '../errors.js';
import { Failure } from '../failure.js';
import type { StateDirectory } from '../state-directory.js';
import { runningRabbit } from './rabbitmq.js';
import type { Broker } from './users.js';

/** The administrator's access to the broker of AMQP_URL, else to that of a running `npm start`. @throws {Failure} */
export async function administratorsBroker(
  stateDirectory: StateDirectory,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Broker> {
  requireAddresses(env);
  if (env['AMQP_URL']) return { url: env['AMQP_URL'], managementUrl: env['AMQP_MANAGEMENT_URL'] || undefined };
  const rabbit = await runningRabbit(stateDirectory);
  if (!rabbit)
    throw new Failure(
      'no broker: AMQP_URL is not set and no `npm start` is running here',
      'Start one (npm start), or set AMQP_URL and AMQP_MANAGEMENT_URL; in containers see docs/operations.md, "Dead letters".',
    );
  return { url: rabbit.url, managementUrl: rabbit.managementUrl };
}

/** After three of them without a sign of life a connection is closed. */
const HEARTBEAT_SECONDS = 10;

/** @param name of the connection, as the broker lists it @throws {Failure} when the broker cannot be used */
export async function connectToBroker({ url }: Pick<Broker, 'url'>, name: string): Promise<ChannelModel> {
  try {
    const target = new URL(url);
    target.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS));
    const connection = await connect(target.href, { ...trust(), clientProperties: { connection_name: name } });
    connection.on('error', () => {}); // "close" follows
    return connection;
  } catch (error) {
    const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
    throw new Failure(
      `the broker at ${new URL(url).host} cannot be used: ${messageOf(first)}`,
      'Check AMQP_URL, or that the system runs.',
    );
  }
}
