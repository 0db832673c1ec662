import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { testBroker } from '@sluice/testing';
import { cpuOf } from '../processes.js';
import type { Values } from '../rounds.js';

export interface QueueLoad {
  /** Queues over which one sender spreads its messages; one taker takes them all. */
  queues: number;
  bytes: number;
  seconds: number;
}

/** What the two sides are told besides. */
export interface QueueOrder extends QueueLoad {
  /** The names of the queues begin with it. */
  name: string;
}

export interface Taken {
  taken: number;
  /** Time of the last one. Milliseconds since 1970. */
  lastAt: number;
}

/** Quorum queues of a virtual host of its own. @param brokerPid of the broker's process */
export async function openQueues(brokerPid: number) {
  const broker = await testBroker({ services: {} });
  let number = 0;
  /** Messages that were confirmed, delivered and acknowledged, and the broker's processor time for each. */
  const through = async (load: QueueLoad): Promise<Values> => {
    const order: QueueOrder = { ...load, name: `bench.${number++}` };
    const programs: ChildProcess[] = [];
    try {
      const taker = await begin('take', order, broker.url, programs);
      const sender = await begin('send', order, broker.url, programs);
      const [cpuMs, began] = [cpuOf({ broker: [brokerPid] }).broker!, performance.timeOrigin + performance.now()];
      sender.send('begin');
      const [[sent], [{ taken, lastAt }]] = (await Promise.all([once(sender, 'message'), once(taker, 'message')])) as [
        [number],
        [Taken],
      ];
      if (sent !== taken) throw new Error(`${sent} messages were sent, and ${taken} taken`);
      const spentMs = cpuOf({ broker: [brokerPid] }).broker! - cpuMs;
      return { 'per second': taken / ((lastAt - began) / 1_000), 'CPU µs': (spentMs * 1_000) / sent };
    } finally {
      for (const program of programs) program.kill('SIGKILL');
    }
  };
  return { through, close: () => broker.close() };
}

async function begin(role: string, order: QueueOrder, url: string, programs: ChildProcess[]): Promise<ChildProcess> {
  const env = { PATH: process.env['PATH'], AMQP_URL: url };
  const program = fork(new URL('queue-program.js', import.meta.url), [role, JSON.stringify(order)], { env });
  programs.push(program);
  await once(program, 'message');
  return program;
}
