import type { Channel } from 'amqplib';
import { deadQueueOf } from './letter.js';
import { close, countWith, lettersOf, type Taken, type Taking } from './taking.js';

/** Looks at letters, which stay: their order in the queue may be another one afterwards. */
export async function look(open: () => Promise<Channel>, queue: string, taking: Taking = {}): Promise<Taken[]> {
  const found: Taken[] = [];
  for await (const taken of looking(open, queue, taking)) found.push(taken);
  return found;
}

/** The same one by one, for queues that do not fit into memory. All that was seen is held until the end. */
export async function* looking(
  open: () => Promise<Channel>,
  queue: string,
  taking: Taking = {},
): AsyncGenerator<Taken> {
  const channel = await open();
  try {
    yield* lettersOf(channel, queue, taking);
  } finally {
    await close(channel);
  }
}

/** How many letters wait, without those that somebody looks at just now. @throws the broker's 404 */
export async function countLetters(open: () => Promise<Channel>, queue: string): Promise<number> {
  const channel = await open();
  try {
    const message = await channel.get(deadQueueOf(queue));
    return message ? countWith(message) : 0;
  } finally {
    await close(channel);
  }
}
