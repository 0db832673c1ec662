import { setTimeout as pause } from 'node:timers/promises';
import type { Channel, GetMessage } from 'amqplib';
import { deadQueueOf, matchesFilter, letterOf, type LetterFilter, type DeadLetter } from './letter.js';

/**
 * A dead letter that this channel holds unacknowledged: invisible to others, and back in the queue when the channel
 * closes.
 */
export interface FetchedLetter {
  letter: DeadLetter;
  message: GetMessage;
}

export interface FetchOptions extends LetterFilter {
  /** Maximum number of matching letters. */
  limit?: number | undefined;
  /** No letter is fetched after this time (ms since the epoch). */
  until?: number | undefined;
}

/** Acks still in flight when a channel closes are lost on quorum queues. */
const ACKS_ARRIVE_WITHIN_MS = 150;

/**
 * Fetches letters one by one, at most as many as the queue held at the start: a redriven letter that fails again goes
 * to the end of the same queue and would be fetched forever. Letters that do not match the filter stay held too,
 * since AMQP has no other way past them.
 * @throws the broker's 404 when the queue has no dead letters
 */
export async function* lettersOf(
  channel: Channel,
  queue: string,
  { limit = Infinity, until = Infinity, ...choice }: FetchOptions = {},
): AsyncGenerator<FetchedLetter> {
  let [total, chosen] = [Infinity, 0];
  for (let seen = 0; seen < total && chosen < limit && Date.now() < until; seen++) {
    const message = await channel.get(deadQueueOf(queue));
    if (!message) return;
    if (seen === 0) total = lettersIncluding(message);
    const letter = letterOf(queue, message);
    if (!matchesFilter(letter, choice)) continue;
    chosen += 1;
    yield { letter, message };
  }
}

/**
 * Number of letters in the queue including this one, the first. Newer brokers report it only to users who may read
 * the queue, and by `get` only.
 */
export const lettersIncluding = ({ fields: { messageCount } }: GetMessage): number => messageCount + 1;

/** Waits for the acks to arrive, then closes the channel, which returns the unacknowledged letters to the queue. */
export async function releaseAndClose(channel: Channel): Promise<void> {
  await pause(ACKS_ARRIVE_WITHIN_MS);
  await close(channel);
}

/**
 * Closes the channel, which returns its unacknowledged letters; a channel closed by the broker has already returned
 * them.
 */
export async function close(channel: Channel): Promise<void> {
  try {
    await channel.close();
  } catch {
    // Already closed.
  }
}
