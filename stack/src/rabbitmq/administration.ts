import { trust, trustingFetch } from '@sluice/topology';
import { connect, type ChannelModel } from 'amqplib';
import { requireAddresses } from '../addresses.js';
import { Failure } from '../failure.js';
import type { StateDirectory } from '../state-directory.js';
import { runningRabbit } from './rabbitmq.js';
import type { Broker } from './users.js';

/**
 * The broker as its administrator reaches it: that of AMQP_URL, else that of a running `npm start`. @throws {Failure}
 */
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
      'Start one (npm start), or set AMQP_URL; in containers see docs/operations.md, "Dead letters".',
    );
  return { url: rabbit.url, managementUrl: rabbit.managementUrl };
}

/** @param name of the connection, as the broker lists it @throws {Failure} when the broker cannot be used */
export async function connectToBroker({ url }: Pick<Broker, 'url'>, name: string): Promise<ChannelModel> {
  try {
    const connection = await connect(url, { ...trust(), clientProperties: { connection_name: name } });
    connection.on('error', () => {}); // "close" follows
    return connection;
  } catch (error) {
    const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
    throw new Failure(
      `the broker at ${new URL(url).host} cannot be used: ${first instanceof Error ? first.message : String(first)}`,
      'Check AMQP_URL, or that the system runs.',
    );
  }
}

/** The management API has refused a request. */
export class ManagementError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/**
 * A request to the management API. `path` follows `/api/`; `:vhost` in it is the vhost.
 * @returns the body of the response; undefined when it is empty @throws {ManagementError} @throws Error when there is
 * no response
 */
export type ManagementApi = (method: string, path: string, body?: object) => Promise<unknown>;

/** The management API of a broker, for the vhost of its URL. @throws {Failure} when it is not known where that is */
export function managementApi({ url, managementUrl }: Pick<Broker, 'url' | 'managementUrl'>): ManagementApi {
  if (managementUrl === undefined) throw new Failure('AMQP_MANAGEMENT_URL is not set');
  const { origin, username, password, pathname } = new URL(managementUrl);
  const { pathname: vhost } = new URL(url);
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers = {
    authorization: `Basic ${Buffer.from(user).toString('base64')}`,
    'content-type': 'application/json',
  };
  return async (method, path, body) => {
    const target = path.replace(':vhost', vhost.length > 1 ? vhost.slice(1) : '%2F');
    const response = await trustingFetch(`${origin}${pathname.replace(/\/$/, '')}/api/${target}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok)
      throw new ManagementError(
        `the management API at ${origin} answers ${response.status} for ${method} /api/${path}`,
        response.status,
      );
    return text ? (JSON.parse(text) as unknown) : undefined;
  };
}
