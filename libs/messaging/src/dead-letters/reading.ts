import type { Channel } from 'amqplib';
import { deadQueueOf } from './letter.js';
import { close, lettersIncluding, lettersOf, type FetchedLetter, type FetchOptions } from './fetching.js';

/** Looks at letters, which stay: their order in the queue may be another one afterwards. */
export async function readLetters(
  open: () => Promise<Channel>,
  queue: string,
  options: FetchOptions = {},
): Promise<FetchedLetter[]> {
  const found: FetchedLetter[] = [];
  for await (const letter of streamLetters(open, queue, options)) found.push(letter);
  return found;
}

/** The same one by one, for queues that do not fit into memory. All that was seen is held until the end. */
export async function* streamLetters(
  open: () => Promise<Channel>,
  queue: string,
  options: FetchOptions = {},
): AsyncGenerator<FetchedLetter> {
  const channel = await open();
  try {
    yield* lettersOf(channel, queue, options);
  } finally {
    await close(channel);
  }
}

/** How many letters wait, without those that somebody looks at just now. @throws the broker's 404 */
export async function countLetters(open: () => Promise<Channel>, queue: string): Promise<number> {
  const channel = await open();
  try {
    const message = await channel.get(deadQueueOf(queue));
    return message ? lettersIncluding(message) : 0;
  } finally {
    await close(channel);
  }
}
