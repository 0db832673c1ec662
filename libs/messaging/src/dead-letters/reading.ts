import type { Channel } from 'amqplib';
import { deadQueueOf } from './letter.js';
import { close, lettersIncluding, lettersOf, type FetchedLetter, type FetchOptions } from './fetching.js';

/** Reads letters without removing them; their order in the queue may change. */
export async function readLetters(
  open: () => Promise<Channel>,
  queue: string,
  options: FetchOptions = {},
): Promise<FetchedLetter[]> {
  const found: FetchedLetter[] = [];
  for await (const letter of streamLetters(open, queue, options)) found.push(letter);
  return found;
}

/** Streams letters one by one, for queues larger than memory. All letters read are held until the end. */
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

/**
 * Number of letters in the queue, without those held by another reader.
 * @throws the broker's 404
 */
export async function countLetters(open: () => Promise<Channel>, queue: string): Promise<number> {
  const channel = await open();
  try {
    const message = await channel.get(deadQueueOf(queue));
    return message ? lettersIncluding(message) : 0;
  } finally {
    await close(channel);
  }
}
