import { Logger } from '@nestjs/common';
import { connect, type AmqpConnectionManager } from 'amqp-connection-manager';
import { fatalConnectionError } from './fatal-connection-error.js';

/** Where the broker is: `amqp://`, or `amqps://` for TLS, which always verifies the broker's certificate and host name. */
export interface BrokerAddress {
  url: string;
  /** With `amqps://` only. */
  tls?: BrokerTls | undefined;
  /** What comes from it without the name of its sender is accepted all the same. */
  acceptAnonymous?: boolean | undefined;
}

/** All PEM. */
export interface BrokerTls {
  /** The authorities to trust, instead of those that Node.js brings. */
  ca?: string | undefined;
  /** Who this client is, for a broker that asks; together with its key. */
  cert?: string | undefined;
  key?: string | undefined;
}

/** A dead peer is noticed after three missed beats: 15 s. Shorter beats fail on a busy machine. */
const HEARTBEAT_SECONDS = 5;
/** A broker restart takes seconds; asking every second costs nothing. */
const RECONNECT_SECONDS = 1;
/** A host that swallows packets must not hold the next attempt for minutes. */
const CONNECT_TIMEOUT_MS = 10_000;

const logger = new Logger('Broker');

/**
 * One connection that comes back by itself, under a name that operators see in the management pages.
 * Publishing and consuming have one each: a channel error takes its whole connection along,
 * and a publisher that the broker holds back must not hold back the acks.
 */
export function openConnection({ url, tls }: BrokerAddress, name: string): AmqpConnectionManager {
  const manager = connect([url], {
    heartbeatIntervalInSeconds: HEARTBEAT_SECONDS,
    reconnectTimeInSeconds: RECONNECT_SECONDS,
    // Without noDelay, Nagle's algorithm holds small frames back: 787 instead of 1,146 requests per second, tails of 44 ms.
    connectionOptions: {
      ...tls,
      noDelay: true,
      timeout: CONNECT_TIMEOUT_MS,
      clientProperties: { connection_name: name },
    },
  });
  logTheFirstOfEach(manager, { url, name });
  return manager;
}

/** One line when the broker goes and one when it comes back, not one per attempt. */
function logTheFirstOfEach(manager: AmqpConnectionManager, { url, name }: { url: string; name: string }): void {
  let down = false;
  const lost = async (err: Error | undefined): Promise<void> => {
    if (down) return;
    down = true;
    const why = (err && (await fatalConnectionError(err, url))) ?? reasonOf(err);
    logger.warn(`${name}: no broker (${why}), trying again every ${RECONNECT_SECONDS} s`);
  };
  manager.on('disconnect', ({ err }) => void lost(err));
  manager.on('connectFailed', ({ err }) => void lost(err));
  manager.on('connect', () => {
    if (down) logger.log(`${name}: connected again`);
    down = false;
  });
}

/** Refused on several addresses (IPv4, IPv6) is an AggregateError without a text of its own. */
const reasonOf = (err: Error | undefined): string =>
  err instanceof AggregateError ? (err.errors[0] as Error).message : (err?.message ?? 'closed');

/** Resolves at the first connection, however long the broker takes to start. @throws Error in one line when it would refuse every further try */
export function connected(manager: AmqpConnectionManager, { url }: BrokerAddress): Promise<void> {
  if (manager.isConnected()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const failed = ({ err }: { err: Error }): void => {
      fatalConnectionError(err, url).then((why) => {
        if (why === undefined) return;
        manager.removeListener('connectFailed', failed);
        reject(new Error(`RabbitMQ cannot be used: ${why}.`));
      }, reject);
    };
    manager.on('connectFailed', failed);
    manager.once('connect', () => {
      manager.removeListener('connectFailed', failed);
      resolve();
    });
  });
}
