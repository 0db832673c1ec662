import type { ConfirmChannel } from 'amqplib';
import { redrivenCopy } from '../republishing.js';
import type { Delivery } from '../codec.js';
import type { Outbound } from '../confirm-channel.js';
import { lettersOf, releaseAndClose, type FetchedLetter, type FetchOptions } from './fetching.js';

/** Letters in flight at once: enough to avoid waiting for each confirm, few enough to be duplicated by a crash. */
const BATCH = 100;

/** The sender of redriven letters: a service for its own (`SenderVerification`), or an administrator. */
export interface Republisher {
  /** Exchange to publish to, with the name of the queue as routing key. */
  readonly exchange: string;
  /** User of the connection, set as `user-id` on every message; undefined: not set. */
  readonly user: string | undefined;
  /** Headers that name the original sender of the message. */
  headersFor(delivery: Delivery): Readonly<Record<string, string>>;
}

/** For systems whose services share one user. */
const UNNAMED: Republisher = { exchange: '', user: undefined, headersFor: () => ({}) };

/**
 * Sends letters back to their queue, to be handled like any message: the same id, so that the inbox skips those that
 * had an effect; zero attempts; the failures as history. The publish is confirmed before the ack, so a crash
 * duplicates a letter and never loses one, and running it again is safe. A letter that fails again becomes a dead
 * letter again.
 * @returns the number of letters sent back @throws Error when the queue is gone, or the broker accepts none
 */
export async function redrive(
  open: () => Promise<ConfirmChannel>,
  queue: string,
  taking: FetchOptions = {},
  republisher: Republisher = UNNAMED,
): Promise<number> {
  const channel = await open();
  try {
    if (republisher.exchange !== '') await channel.bindQueue(queue, republisher.exchange, queue).catch(gone(queue));
    let moved = 0;
    for await (const batch of batchesOf(lettersOf(channel, queue, taking)))
      moved += await republishBatch(channel, batch, republisher);
    return moved;
  } finally {
    await releaseAndClose(channel);
  }
}

const gone =
  (queue: string) =>
  (error: Error): never => {
    throw new Error(`${queue} does not take its letters back: ${error.message}`);
  };

/** Confirmed letters are acknowledged even when others of the batch failed. */
async function republishBatch(
  channel: ConfirmChannel,
  batch: readonly FetchedLetter[],
  by: Republisher,
): Promise<number> {
  let returned = false;
  const onReturn = (): void => void (returned = true);
  channel.on('return', onReturn);
  const results = await Promise.allSettled(batch.map((taken) => published(channel, redriveCopyOf(taken, by), by.user)));
  channel.off('return', onReturn);
  // The whole batch goes to one queue, so one return means that all were returned.
  if (returned) throw new Error(`${batch[0]!.letter.queue} does not take its letters back: it is gone`);
  results.forEach(({ status }, index) => status === 'fulfilled' && channel.ack(batch[index]!.message));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed)
    throw new Error(`${batch[0]!.letter.queue} does not take its letters back: ${(failed.reason as Error).message}`);
  return batch.length;
}

function redriveCopyOf({ letter, message }: FetchedLetter, by: Republisher): Outbound {
  const { queue, redriven, history, originalExchange: exchange = '', originalRoutingKey: routingKey = queue } = letter;
  return redrivenCopy(message, queue, {
    redriven: redriven + 1,
    history,
    exchange,
    routingKey,
    viaExchange: by.exchange,
    sentBy: by.headersFor(message),
  });
}

const published = (
  channel: ConfirmChannel,
  { exchange, routingKey, body, mandatory, properties }: Outbound,
  user: string | undefined,
): Promise<void> =>
  new Promise((resolve, reject) => {
    channel.publish(
      exchange,
      routingKey,
      Buffer.from(body),
      { ...properties, mandatory, userId: user },
      (error: Error | null) => (error ? reject(error) : resolve()),
    );
  });

/**
 * Deletes letters, each after `keep` has stored it. A crash in between leaves a stored letter in the queue.
 * @returns the number of letters deleted
 */
export async function discard(
  open: () => Promise<ConfirmChannel>,
  queue: string,
  taking: FetchOptions,
  keep: (taken: FetchedLetter) => Promise<void>,
): Promise<number> {
  const channel = await open();
  try {
    let discarded = 0;
    for await (const taken of lettersOf(channel, queue, taking)) {
      await keep(taken);
      channel.ack(taken.message);
      discarded += 1;
    }
    return discarded;
  } finally {
    await releaseAndClose(channel);
  }
}

async function* batchesOf(letters: AsyncIterable<FetchedLetter>): AsyncGenerator<FetchedLetter[]> {
  let batch: FetchedLetter[] = [];
  for await (const taken of letters) {
    batch.push(taken);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
