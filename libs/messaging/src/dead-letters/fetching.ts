import { setTimeout as pause } from 'node:timers/promises';
import type { Channel, GetMessage } from 'amqplib';
import { deadQueueOf, matchesFilter, letterOf, type LetterFilter, type DeadLetter } from './letter.js';

/** A letter that this channel holds: nobody else sees it meanwhile, and it goes back when the channel closes. */
export interface FetchedLetter {
  letter: DeadLetter;
  message: GetMessage;
}

export interface FetchOptions extends LetterFilter {
  /** At most so many that are chosen. */
  limit?: number | undefined;
  /** None is taken after this (ms since the epoch). */
  until?: number | undefined;
}

/** Quorum queues lose the acks that are still on their way when the channel closes. */
const ACKS_ARRIVE_WITHIN_MS = 150;

/**
 * Takes one letter after the other, and only as many as were there at the beginning: what is sent home and fails again comes
 * to the end of the same queue, and would be taken for ever. Those that are not chosen are held with the others, as there is no
 * other way past them. @throws the broker's 404 when the queue has no dead letters
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

/** How many letters there were when this one, the first, was taken. Newer brokers tell it to who may read the queue in no other way. */
export const lettersIncluding = ({ fields: { messageCount } }: GetMessage): number => messageCount + 1;

/** Closes the channel, which gives back what it holds, once the acks have arrived. */
export async function releaseAndClose(channel: Channel): Promise<void> {
  await pause(ACKS_ARRIVE_WITHIN_MS);
  await close(channel);
}

/** Gives back what it holds; one that the broker has closed already did. */
export async function close(channel: Channel): Promise<void> {
  try {
    await channel.close();
  } catch {
    // It is closed, which is what was wanted.
  }
}
