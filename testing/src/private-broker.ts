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

/** With TLS it takes nothing else, neither AMQP nor management, and requires a client's certificate. */
export interface PrivateBrokerOptions {
  tls?: ServerTls & { client: Certificate };
}

/** More than any disk has free. */
const ALARM_LIMIT = '100000GB';

/** A broker of this test's own, which it may kill, started as `npm start` starts its own. */
export type PrivateBroker = Awaited<ReturnType<typeof privateBroker>>;

export async function privateBroker({ tls }: PrivateBrokerOptions = {}) {
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
    /** Of the administrator; stays the same over a restart. */
    url,
    managementUrl,
    /** kill -9, as a power cut would. */
    kill: () => endRabbit(stateDirectory, 'SIGKILL'),
    /** Boots on the data that is there; resolves when it takes connections. */
    start: () => startAgain(url, boot),
    /** Loses the data of a broker that was killed, as a broken disk would. */
    wipe: () => removeRabbit(stateDirectory),
    /** Its disk is full: in alarm it blocks everybody who publishes. */
    setDiskAlarm: (on: boolean): Promise<string> =>
      brokerControl(stateDirectory, 'set_disk_free_limit', on ? ALARM_LIMIT : DISK_FREE_LIMIT),
    close,
  };
}
