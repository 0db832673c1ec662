import { z } from 'zod';
import { Id, Instant } from './values.js';

/**
 * What one message type is: its name (also the routing key), its version, and the shape of its data.
 * A contract is callable: `OrderPlaced({ orderId, ... })` makes a message that is not sent yet.
 */
export interface Contract<S extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  (data: z.input<S>, options?: OutgoingOptions): Outgoing;
  /** `event`: a past fact, anyone may listen. `command`: a request to its one owner. `query`: a read, may be lost. `delivery`: routed by its channel. */
  readonly kind: 'event' | 'command' | 'query' | 'delivery';
  readonly type: string;
  readonly version: number;
  readonly schema: S;
  /** The shape of the answer; commands and queries only. */
  readonly reply?: R;
  /** Never written to disk and dropped at the caller's deadline. All queries; also commands that carry a password. */
  readonly transient: boolean;
  /** Of what is transient: it holds no password, so in a cluster it may rest on the disks of several nodes. All queries; commands that say so. */
  readonly mayRest: boolean;
  /** A fact that may be heard by nobody without being counted as unrouted. */
  readonly optional: boolean;
  /**
   * Its queue holds so many and no more: beyond that the broker refuses it (a nack), and its sender must expect so.
   * Commands at a door only.
   */
  readonly bounded: boolean;
  /** What it means, for those who read it, send it or answer it; the problems that a request may be answered with. Markdown. */
  readonly about?: string;
  /** The queues in which this command waits before it is delivered are called `<waitsIn>.<ms>`; timers only. */
  readonly waitsIn?: string;
}

export interface OutgoingOptions {
  /** The handler of this command answers the caller of the message that is being handled now. */
  delegate?: boolean;
  /** How long a timer (a command with `waitsIn`) waits before it is delivered. Milliseconds: whole seconds, at most 30 days. */
  delayMs?: number;
}

/** A message that a decision wants sent; it gets its envelope when it is committed to the outbox. */
export interface Outgoing extends OutgoingOptions {
  readonly contract: Contract;
  readonly data: unknown;
}

/** What travels beside the data: AMQP properties and headers, so that brokers and people can read it without a parser. */
export const Envelope = z.object({
  id: Id,
  type: z.string().min(1),
  version: z.int().positive(),
  /** The id that everything caused by one request shares. */
  correlationId: z.string().min(1).max(128),
  /** The id of the message that caused this one. */
  causationId: Id.optional(),
  time: Instant,
  /** Of a request from outside: when it was accepted, by the clock of the databases as its sender knows it; absent when that is not known. */
  acceptedAt: Instant.optional(),
  /** W3C trace context. */
  traceparent: z.string().optional(),
});
export type Envelope = z.infer<typeof Envelope>;

/** A received message, as a handler sees it. */
export interface Message<C extends Contract = Contract> extends Envelope {
  readonly data: z.output<C['schema']>;
  /** Until when the caller waits for an answer (ms since the epoch, by the clock of this process); absent when nobody waits. */
  readonly deadline?: number;
  /** The broker delivered it before: it may have killed its consumer, so it is handled alone. */
  readonly redelivered?: boolean;
  /** Where the answer goes, when somebody waits for one. */
  readonly reply?: { readonly to: string; readonly id: string };
}

export type Data<C extends Contract> = z.output<C['schema']>;
export type Reply<C extends Contract> = C extends Contract<z.ZodType, infer R> ? z.output<R> : never;

interface Options {
  version?: number;
  about?: string;
}

const NO_FLAGS = { transient: false, mayRest: false, optional: false, bounded: false };

function contract<S extends z.ZodType, R extends z.ZodType>(
  facts: Omit<Contract<S, R>, 'version'> & Options,
): Contract<S, R> {
  const make = (data: z.input<S>, options: OutgoingOptions = {}): Outgoing => ({
    contract: made as Contract,
    data,
    ...options,
  });
  const made = Object.assign(make, { version: 1, ...facts }) as Contract<S, R>;
  return made;
}

/**
 * A past fact, named `<entity>.<what happened>`; published to everyone who listens.
 * A listener that only watches may name a topic pattern (`order.*`, `#`) and the fields that it needs.
 */
export const event = <S extends z.ZodType>(
  type: string,
  schema: S,
  options: Options & { optional?: boolean } = {},
): Contract<S, z.ZodNever> => contract({ kind: 'event', type, schema, ...NO_FLAGS, ...options });

/** A request, named `<owner>.<verb>`; durable unless `transient`. */
export const command = <S extends z.ZodType, R extends z.ZodType = z.ZodVoid>(
  type: string,
  schema: S,
  options: Options & { reply?: R; transient?: boolean; mayRest?: boolean; bounded?: boolean; waitsIn?: string } = {},
): Contract<S, R> => contract({ kind: 'command', type, schema, ...NO_FLAGS, ...options });

/** A read, named `<owner>.<noun>`; it expires at the caller's deadline. */
export const query = <S extends z.ZodType, R extends z.ZodType>(
  type: string,
  schema: S,
  reply: R,
  options: Options = {},
): Contract<S, R> =>
  contract({ kind: 'query', type, schema, reply, ...NO_FLAGS, transient: true, mayRest: true, ...options });

/** A message to one person over one channel, named `delivery.<channel>`; routed by the header `channel`. */
export const delivery = <S extends z.ZodType>(
  channel: string,
  schema: S,
  options: Options = {},
): Contract<S, z.ZodNever> =>
  contract({ kind: 'delivery', type: `delivery.${channel}`, schema, ...NO_FLAGS, ...options });
