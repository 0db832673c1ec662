import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, type ConfirmChannel } from 'amqplib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureDatabases, newDatabasePassword } from './databases/databases.js';
import { accepts } from './ports.js';
import { endPostgres, runningPostgres, startPostgres } from './postgres/postgres.js';
import { StateDirectory } from './state-directory.js';
import { remove, temporaryStateDirectory } from './private-servers.js';
import { isAlive } from './processes.js';
import { endRabbit, folderOf, startRabbit } from './rabbitmq/rabbitmq.js';
import { stopAll } from './stop-all.js';
import { queryRows } from './databases/query-rows.js';
import { inRoot } from './workspace.js';

/** Starts both servers and is killed, as a supervisor may be. */
const KILLED = `
  const { StateDirectory } = await import('${inRoot('stack/dist/state-directory.js')}');
  const { startPostgres } = await import('${inRoot('stack/dist/postgres/postgres.js')}');
  const { startRabbit } = await import('${inRoot('stack/dist/rabbitmq/rabbitmq.js')}');
  const home = new StateDirectory(process.argv[1]);
  await Promise.all([startPostgres(home), startRabbit(home)]);
  process.kill(process.pid, 'SIGKILL');`;

let stateDirectory: StateDirectory;

beforeAll(() => {
  stateDirectory = temporaryStateDirectory();
});
afterAll(() => remove(stateDirectory));

async function onBroker<T>(rabbit: { url: string }, work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
  const connection = await connect(rabbit.url);
  const channel = await connection.createConfirmChannel();
  try {
    return await work(channel);
  } finally {
    await connection.close();
  }
}

it(
  "lets a service's role into no database that the server begins with, and in only by its present password",
  { timeout: 60_000 },
  async () => {
    const postgres = await startPostgres(stateDirectory, { durable: false });
    const { orders = '' } = await ensureDatabases(postgres.url, ['orders'], stateDirectory);
    for (const pathname of ['postgres', 'template1']) {
      await expect(queryRows(Object.assign(new URL(orders), { pathname }).href, 'SELECT 1')).rejects.toThrow(
        `permission denied for database "${pathname}"`,
      );
    }
    const after = await newDatabasePassword(postgres.url, 'orders', stateDirectory);
    expect(await queryRows(after, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await expect(queryRows(orders, 'SELECT 1')).rejects.toThrow('password authentication failed');
    await postgres.stop();
  },
);

it(
  'takes over the servers of a start that was killed, stops them, and finds their data again',
  { timeout: 180_000 },
  async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', KILLED, stateDirectory.dir], {
      stdio: 'inherit',
    });
    await once(child, 'exit');
    const [left, leftBroker] = [runningPostgres(stateDirectory), stateDirectory.recall('rabbitmq')?.process];
    expect(isAlive(leftBroker)).toBe(true);

    const [postgres, rabbit] = await Promise.all([startPostgres(stateDirectory), startRabbit(stateDirectory)]);
    expect(postgres.process.pid).toBe(left?.pid);
    expect(rabbit.process).toEqual(leftBroker);
    await queryRows(postgres.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await onBroker(rabbit, async (channel) => {
      await channel.assertQueue('kept', { durable: true });
      channel.sendToQueue('kept', Buffer.from('42'), { persistent: true });
      await channel.waitForConfirms();
    });

    await Promise.all([endPostgres(stateDirectory), endRabbit(stateDirectory)]);
    expect([isAlive(postgres.process), isAlive(rabbit.process)]).toEqual([false, false]);
    expect(await accepts(Number(stateDirectory.recall('rabbitmq')?.ports?.epmd))).toBe(false);

    const [again, broker] = await Promise.all([startPostgres(stateDirectory), startRabbit(stateDirectory)]);
    expect([again.url, broker.url]).toEqual([postgres.url, rabbit.url]);
    expect(await queryRows(again.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    const message = await onBroker(broker, (channel) => channel.get('kept', { noAck: true }));
    expect(message && message.content.toString()).toBe('42');
  },
);

it(
  'boots a broker in a checkout whose path has letters beyond Latin-1, says that it ran when it is stopped, and leaves nothing of it',
  { timeout: 120_000 },
  async () => {
    const parent = temporaryStateDirectory();
    const far = new StateDirectory(`${parent.dir}/заказы-注文`);
    try {
      const rabbit = await startRabbit(far);
      expect(isAlive(rabbit.process)).toBe(true);
      expect(folderOf(far)).toMatch(/^[ -~]+$/);
      expect(await stopAll(far)).toEqual(['RabbitMQ']);
      expect(await stopAll(far)).toEqual([]);
    } finally {
      await remove(far);
      await remove(parent);
    }
    expect(existsSync(folderOf(far))).toBe(false);
  },
);
