import { encodeAnswer, type Answer } from './answer.js';
import { rpcRequestOf, TIMEOUT, type Delivery } from './codec.js';
import type { Outbound } from './confirm-channel.js';
import { appendTry, historyOf, type FailedTry } from './history.js';
import type { Circumstances, Ending } from './settlement.js';

/** A header frame holds 128 kB in all; what explains a failure is at its beginning. Characters. */
const REASON_LENGTH = 1_000;
const STACK_LENGTH = 4_000;
/** Written by the broker on the way through a tier; 4.x ignores what comes back in them. */
const BROKER_HEADERS = /^x-(death|first-death-|last-death-|delivery-count|acquired-count)/;

/** What the delivery says about itself, readable even where the message is not. */
export function circumstancesOf(
  delivery: Delivery,
  about: Omit<Circumstances, 'attempts' | 'unchargedRetries' | 'caller'>,
  now: number,
): Circumstances {
  const request = rpcRequestOf(delivery);
  const { attempts, passes } = delivery.properties.headers ?? {};
  return {
    ...about,
    attempts: countOf(attempts),
    unchargedRetries: countOf(passes),
    caller: request ? (request.deadline !== undefined && request.deadline <= now ? 'late' : 'waiting') : 'nobody',
  };
}

/** Anybody may have written the header. */
const countOf = (header: unknown): number => (typeof header === 'number' && header > 0 ? Math.floor(header) : 0);

/** In which failed messages of every service wait so long, each service's in a queue of its own. */
export const tierExchange = (ms: number): string => `shop.retry-tier.${ms}`;

/** The header that names who sent the message first, since the copy is published by another. */
export type SentBy = Readonly<Record<string, string>>;

/** The confirmed publish that an ending needs before the ack, if any. It carries the very bytes that came. */
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
    return sameMessage(delivery, tierExchange(ending.tierMs), queue, {
      ...facts,
      ...remainingTime(delivery, ending.tierMs),
    });
  const stack = ending.stack === undefined ? {} : { stack: ending.stack.slice(0, STACK_LENGTH) };
  return sameMessage(delivery, 'shop.dead', queue, { ...facts, ...stack, 'failed-at': at });
}

/** The message as it came, straight into a queue, where it has not been delivered yet. */
export const freshCopy = (delivery: Delivery, queue: string, sentBy: SentBy = {}): Outbound =>
  sameMessage(delivery, '', queue, { ...origin(delivery), ...remainingTime(delivery, 0), ...sentBy });

/** What will be left of its caller's time when the copy arrives, `delayMs` from now: the next receiver counts from there. */
function remainingTime(delivery: Delivery, delayMs: number): Record<string, number> {
  const deadline = rpcRequestOf(delivery)?.deadline;
  return deadline === undefined ? {} : { [TIMEOUT]: Math.max(0, deadline - Date.now() - delayMs) };
}

/** What only a letter says of itself: sent home, the message is one that has not failed yet. */
const LETTER_HEADERS = ['attempts', 'passes', 'reason', 'stack', 'failed-at'];

/** What is known of a letter that goes home. */
export interface RedriveInfo {
  redriven: number;
  history: FailedTry[];
  exchange: string;
  routingKey: string;
  /** The exchange by which it goes. */
  viaExchange: string;
  sentBy: SentBy;
}

/**
 * A dead letter as the message that it was, straight into its own queue: the same id, bytes and caller. Its failures are history,
 * and the caller, who was answered when it died, waits no longer.
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

/** Where it was first published: a retry comes home over `shop.home`. */
function origin({ properties, fields }: Delivery): Record<string, unknown> {
  const { 'original-exchange': exchange = fields.exchange, 'original-routing-key': key = fields.routingKey } =
    properties.headers ?? {};
  return { 'original-exchange': exchange, 'original-routing-key': key };
}

/** The reply address stays. Mandatory: a missing tier or dead-letter queue must be an error, not a hole. */
function sameMessage(
  { properties, content }: Delivery,
  exchange: string,
  routingKey: string,
  facts: Record<string, unknown>,
): Outbound {
  const kept = Object.entries(properties.headers ?? {}).filter(([name]) => !BROKER_HEADERS.test(name));
  const headers = { ...Object.fromEntries(kept), ...facts };
  return {
    exchange,
    routingKey,
    mandatory: true,
    body: content,
    properties: { ...(properties as Outbound['properties']), headers, persistent: true, expiration: undefined },
  };
}

export function replyTo(delivery: Delivery, answer: Answer): Outbound | undefined {
  const request = rpcRequestOf(delivery);
  return request && encodeAnswer(answer, request.reply);
}
