import type { Writable } from 'node:stream';
import { Logger } from '@nestjs/common';
import { connect, type AmqpConnectionManager } from 'amqp-connection-manager';
import { fatalConnectionError } from './fatal-connection-error.js';

/**
 * Address of the broker: `amqp://`, or `amqps://` for TLS, which always verifies the broker's certificate and host
 * name.
 */
export interface BrokerAddress {
  url: string;
  /** With `amqps://` only. */
  tls?: BrokerTls | undefined;
  /** Accept messages without the name of their sender. */
  acceptAnonymous?: boolean | undefined;
}

/** TLS files of a client, all PEM. */
export interface BrokerTls {
  /** Trusted certificate authorities, in place of those built into Node.js. */
  ca?: string | undefined;
  /** Client certificate with its key, for a broker that requires one. */
  cert?: string | undefined;
  key?: string | undefined;
}

/** A dead peer is detected after three missed heartbeats: 15 s. Shorter heartbeats fail on a busy machine. */
const HEARTBEAT_SECONDS = 5;
/** A broker restart takes seconds; an attempt per second is cheap. */
const RECONNECT_SECONDS = 1;
/** A host that drops packets must not delay the next attempt for minutes. */
const CONNECT_TIMEOUT_MS = 10_000;

const logger = new Logger('Broker');

/**
 * Opens a connection that reconnects by itself; `name` appears in the management pages. Publishing and consuming use
 * separate connections: a channel error closes the whole connection, and flow control on a publisher must not delay
 * acks.
 */
export function openConnection({ url, tls }: BrokerAddress, name: string): AmqpConnectionManager {
  const manager = connect([url], {
    heartbeatIntervalInSeconds: HEARTBEAT_SECONDS,
    reconnectTimeInSeconds: RECONNECT_SECONDS,
    // Nagle's algorithm delays small frames: without noDelay 787 instead of 1,146 requests per second, tails of 44
    // ms.
    connectionOptions: {
      ...tls,
      noDelay: true,
      timeout: CONNECT_TIMEOUT_MS,
      clientProperties: { connection_name: name },
    },
  });
  manager.on('connect', () => collectWrites(manager.connection!.connection as { stream?: Writable }));
  logConnectionChanges(manager, { url, name });
  return manager;
}

/**
 * amqplib writes each message and each ack to the socket by itself, one system call per frame. Collects what it writes
 * in one callback; the bytes leave when that callback returns. Does nothing when amqplib has no such stream.
 */
function collectWrites({ stream }: { stream?: Writable }): void {
  if (!stream) return;
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (...args: unknown[]) => {
    if (stream.writableCorked === 0) {
      stream.cork();
      process.nextTick(() => stream.uncork());
    }
    return write(...args);
  };
}

/** Logs one line when the connection is lost and one when it is back, not one per attempt. */
function logConnectionChanges(manager: AmqpConnectionManager, { url, name }: { url: string; name: string }): void {
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

/** A refusal on several addresses (IPv4, IPv6) is an AggregateError with an empty message. */
const reasonOf = (err: Error | undefined): string =>
  err instanceof AggregateError ? (err.errors[0] as Error).message : (err?.message ?? 'closed');

/**
 * Resolves at the first connection, however long the broker takes to start.
 * @throws Error with one line when the broker would refuse every further attempt
 */
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
