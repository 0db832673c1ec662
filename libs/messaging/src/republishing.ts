import { system } from '@sluice/contracts/kit';
import { encodeAnswer, type Answer } from './answer.js';
import { bytesOf } from './batches.js';
import { rpcRequestOf, TIMEOUT, type Delivery } from './codec.js';
import type { Outbound } from './confirm-channel.js';
import { appendTry, historyOf, type FailedTry } from './history.js';
import type { Circumstances, Ending } from './settlement.js';

/**
 * Limit of the reason; its beginning explains the failure, and all headers must fit into a frame of 128 kB.
 * Characters.
 */
const REASON_LENGTH = 1_000;
const STACK_LENGTH = 4_000;
/**
 * Headers that the broker adds in a retry queue; RabbitMQ 4.x ignores them in a republished message. And the further
 * routing keys of its first publish: a copy is for one queue.
 */
const BROKER_HEADERS = /^(x-(death|first-death-|last-death-|delivery-count|acquired-count)|CC$)/;

/** Circumstances from the headers of a delivery, readable even when the message is malformed. */
export function circumstancesOf(
  delivery: Delivery,
  about: Omit<Circumstances, 'attempts' | 'unchargedRetries' | 'caller'>,
  now: number,
): Circumstances {
  const request = rpcRequestOf(delivery);
  const { attempts, passes } = delivery.properties.headers ?? {};
  return {
    attempts: countOf(attempts),
    unchargedRetries: countOf(passes),
    caller: request ? (request.deadline !== undefined && request.deadline <= now ? 'late' : 'waiting') : 'nobody',
    // Last: a literal that begins with a spread takes twenty times as long in V8 11.3 (Node.js 20).
    ...about,
  };
}

/** Checked because any client can write the header. */
const countOf = (header: unknown): number => (typeof header === 'number' && header > 0 ? Math.floor(header) : 0);

/** Header that names the original sender, since another user publishes the copy. */
export type SentBy = Readonly<Record<string, string>>;

/**
 * The copy to publish with a confirm before the ack; undefined for endings without one. It carries the original
 * bytes, or those of one fact of a batch.
 */
export function republishedCopy(
  ending: Ending,
  delivery: Delivery,
  queue: string,
  sentBy: SentBy = {},
): Outbound | undefined {
  if (ending.do === 'ack' || ending.do === 'hold') return undefined;
  const at = new Date().toISOString();
  const history = appendTry(historyOf(delivery.properties.headers), { at, reason: ending.reason });
  const passes = ending.do === 'retry' && ending.unchargedRetries > 0 ? { passes: ending.unchargedRetries } : {};
  const facts = {
    attempts: ending.attempts,
    ...passes,
    reason: ending.reason.slice(0, REASON_LENGTH),
    history,
    ...origin(delivery),
    ...sentBy,
  };
  if (ending.do === 'retry')
    return sameMessage(delivery, system().exchanges.retryTier(ending.tierMs), queue, {
      ...facts,
      ...remainingTime(delivery, ending.tierMs),
    });
  const stack = ending.stack === undefined ? {} : { stack: ending.stack.slice(0, STACK_LENGTH) };
  return sameMessage(delivery, system().exchanges.dead, queue, { ...facts, ...stack, 'failed-at': at });
}

/** The unchanged message, published directly into a queue as one that has not been delivered yet. */
export const freshCopy = (delivery: Delivery, queue: string, sentBy: SentBy = {}): Outbound =>
  sameMessage(delivery, '', queue, { ...origin(delivery), ...remainingTime(delivery, 0), ...sentBy });

/**
 * Header with the caller's remaining time when the copy arrives, `delayMs` from now; the next receiver counts from
 * its arrival.
 */
function remainingTime(delivery: Delivery, delayMs: number): Record<string, number> {
  const deadline = rpcRequestOf(delivery)?.deadline;
  return deadline === undefined ? {} : { [TIMEOUT]: Math.max(0, deadline - Date.now() - delayMs) };
}

/** Headers that only dead letters have; a redriven message starts without failures. */
const LETTER_HEADERS = ['attempts', 'passes', 'reason', 'stack', 'failed-at'];

/** Properties of a dead letter that is redriven. */
export interface RedriveInfo {
  redriven: number;
  history: FailedTry[];
  exchange: string;
  routingKey: string;
  /** The exchange to publish it to. */
  viaExchange: string;
  sentBy: SentBy;
}

/**
 * A dead letter turned back into its original message, for its own queue: the same id, bytes and caller. Its failures
 * are in the history. The caller was answered when the message was dead-lettered, so no time remains for it.
 */
export function redrivenCopy({ properties, ...letter }: Delivery, queue: string, info: RedriveInfo): Outbound {
  const kept = Object.entries(properties.headers ?? {}).filter(([name]) => !LETTER_HEADERS.includes(name));
  const facts = {
    redriven: info.redriven,
    history: info.history,
    'original-exchange': info.exchange,
    'original-routing-key': info.routingKey,
    ...(properties.headers?.[TIMEOUT] !== undefined && { [TIMEOUT]: 0 }),
    ...info.sentBy,
  };
  return sameMessage(
    { ...letter, properties: { ...properties, headers: Object.fromEntries(kept) } },
    info.viaExchange,
    queue,
    facts,
  );
}

/** Where the message was first published; a retry returns to its queue over the exchange `home`. */
function origin({ properties, fields }: Delivery): Record<string, unknown> {
  const { 'original-exchange': exchange = fields.exchange, 'original-routing-key': key = fields.routingKey } =
    properties.headers ?? {};
  return { 'original-exchange': exchange, 'original-routing-key': key };
}

/**
 * Keeps the reply address. Mandatory, so that a missing tier or dead-letter queue is an error and no message is lost.
 */
function sameMessage(
  delivery: Delivery,
  exchange: string,
  routingKey: string,
  facts: Record<string, unknown>,
): Outbound {
  const { properties } = delivery;
  const kept = Object.entries(properties.headers ?? {}).filter(([name]) => !BROKER_HEADERS.test(name));
  const headers = { ...Object.fromEntries(kept), ...facts };
  return {
    exchange,
    routingKey,
    mandatory: true,
    body: bytesOf(delivery),
    properties: { ...(properties as Outbound['properties']), headers, persistent: true, expiration: undefined },
  };
}

export function replyTo(delivery: Delivery, answer: Answer): Outbound | undefined {
  const request = rpcRequestOf(delivery);
  return request && encodeAnswer(answer, request.reply);
}
