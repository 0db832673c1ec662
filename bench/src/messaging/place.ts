import { fork, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { testBroker } from '@sluice/testing';
import type { BenchRun } from '../benchmark.js';
import { peerFile, preparePeer } from '../peers/peer.js';
import { Echo, Store } from './contracts.js';
import { PUBLISHED, type Drive, type Driven } from './messenger.js';

/** Of the programs: Nest logs to stdout, and failures go to stderr. */
const QUIET: StdioOptions = ['ignore', 'ignore', 'inherit', 'ipc'];

export const OURS = 'libs/messaging';
export const BARE = 'bare amqplib';

const ownSide = (name: string): string => fileURLToPath(new URL(`sides/${name}.js`, import.meta.url));

/** A virtual host, and for each library a process that answers and one that sends. */
export async function openPlace(run: BenchRun) {
  const files: Record<string, string> = { [OURS]: ownSide('sluice'), [BARE]: ownSide('bare'), Nest: ownSide('nest') };
  if (await preparePeer('golevelup', run)) files['golevelup'] = peerFile('golevelup', 'dist/messenger.js');
  const broker = await testBroker({ services: { bench: { commands: [Store], queries: [Echo] } } });
  const channel = await broker.connection.createChannel();
  const programs: ChildProcess[] = [];
  const end = (): void => programs.forEach((program) => program.kill('SIGKILL'));
  await run.shutdown.add('programs', end);
  const begin = async (role: 'serve' | 'drive', file: string): Promise<ChildProcess> => {
    const env = { PATH: process.env['PATH'], NODE_ENV: 'production', AMQP_URL: broker.url };
    const program = fork(new URL('program.js', import.meta.url), [role, file], { env, stdio: QUIET });
    programs.push(program);
    const [first] = (await Promise.race([once(program, 'message'), once(program, 'exit')])) as unknown[];
    if (first !== 'ready') throw new Error(`${role} ${file} did not start`);
    return program;
  };
  const drivers: Record<string, ChildProcess> = {};
  for (const [name, file] of Object.entries(files)) {
    await begin('serve', file);
    drivers[name] = await begin('drive', file);
  }
  return {
    names: Object.keys(files),
    /** @returns calls per second @throws Error when a confirmed message is not in its queue */
    drive: async (name: string, order: Drive): Promise<number> => {
      drivers[name]!.send(order);
      const [{ count, perSecond }] = (await once(drivers[name]!, 'message')) as [Driven];
      const { messageCount } = await channel.purgeQueue(PUBLISHED.queue);
      if (order.kind === 'publish' && messageCount !== count)
        throw new Error(`${name}: ${count} messages are confirmed, and ${messageCount} are in the queue`);
      return perSecond;
    },
    close: async (): Promise<void> => {
      end();
      await broker.close();
    },
  };
}
