import { remove, temporaryStateDirectory } from '@sluice/stack/private-servers';
import { findRabbit } from '@sluice/stack/rabbitmq/programs';
import { brokerControl, endRabbit, removeRabbit, startRabbit, type Rabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import { DISK_FREE_LIMIT } from '@sluice/stack/rabbitmq/settings';
import { connect } from 'amqplib';
import type { Certificate, ServerTls } from './certificates.js';
import { eventually } from './eventually.js';
import { startAgain } from './start-again.js';

/** Whether RabbitMQ is installed here: the broker of a container cannot be killed. */
export const canStartBroker = findRabbit() !== undefined;

/** A broker of this test's own, which it may kill. */
export interface PrivateBroker {
  /** Of the administrator; stays the same over a restart. */
  url: string;
  managementUrl: string;
  /** kill -9, as a power cut would. */
  kill(): Promise<void>;
  /** Boots on the data that is there; resolves when it takes connections. */
  start(): Promise<void>;
  /** Loses the data of a broker that was killed, as a broken disk would. */
  wipe(): Promise<void>;
  /** Its disk is full: in alarm it blocks everybody who publishes. */
  setDiskAlarm(on: boolean): Promise<void>;
  close(): Promise<void>;
}

/** With TLS it takes nothing else, neither AMQP nor management, and requires a client's certificate. */
export interface PrivateBrokerOptions {
  tls?: ServerTls & { client: Certificate };
}

/** More than any disk has free. */
const ALARM_LIMIT = '100000GB';

/** Started as `npm start` starts its own. */
export async function privateBroker({ tls }: PrivateBrokerOptions = {}): Promise<PrivateBroker> {
  const stateDirectory = temporaryStateDirectory();
  const boot = async (): Promise<Rabbit> => {
    const rabbit = await startRabbit(stateDirectory, { tls, busyWaiting: false, detached: false });
    await eventually(async () => (await connect(rabbit.url, { ca: tls?.ca, ...tls?.client })).close());
    return rabbit;
  };
  const close = (): Promise<void> => remove(stateDirectory);
  const { url, managementUrl } = await boot().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    url,
    managementUrl,
    kill: () => endRabbit(stateDirectory, 'SIGKILL'),
    start: () => startAgain(url, boot),
    wipe: () => removeRabbit(stateDirectory),
    setDiskAlarm: async (on) =>
      void (await brokerControl(stateDirectory, 'set_disk_free_limit', on ? ALARM_LIMIT : DISK_FREE_LIMIT)),
    close,
  };
}
