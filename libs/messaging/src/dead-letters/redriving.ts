import type { ConfirmChannel } from 'amqplib';
import { redrivenCopy } from '../republishing.js';
import type { Delivery } from '../codec.js';
import type { Outbound } from '../confirm-channel.js';
import { lettersOf, releaseAndClose, type FetchedLetter, type FetchOptions } from './fetching.js';

/** So many are on their way at once: enough to not wait for each confirm, few enough to be doubled by a crash. */
const BATCH = 100;

/** Who sends letters home, and how: a service its own (`SenderVerification`), or an administrator. */
export interface Republisher {
  /** By which they go, under the name of their queue. */
  readonly exchange: string;
  /** The user of the connection, when it is to be named. */
  readonly user: string | undefined;
  /** Headers that name who sent the message first. */
  headersFor(delivery: Delivery): Readonly<Record<string, string>>;
}

/** Where the services share one user. */
const UNNAMED: Republisher = { exchange: '', user: undefined, headersFor: () => ({}) };

/**
 * Sends letters home to their queue, to be handled like any message: the same id, so that the inbox knows those that had an
 * effect; no attempts yet; the failures as history. First the confirmed publish, then the ack: a crash in between doubles a
 * letter and never loses one, so doing it again is safe. A letter whose handling still fails comes back to the dead letters.
 * @returns how many were sent home @throws Error when the queue is gone, or the broker takes none
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

/** Those that were confirmed are done with, also when another was not. */
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
  // They all go to the one queue, so what returned one of them has returned all.
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
 * Removes letters for good, each after `keep` has it. A crash in between keeps a letter that was written down.
 * @returns how many
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
