import { z } from 'zod';
import { Id, Instant } from './values.js';

/**
 * Definition of one message type: its name (also the routing key), its version, and the shape of its data. A contract
 * is callable: `OrderPlaced({ orderId, ... })` creates a message that is not sent yet.
 */
export interface Contract<S extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  (data: z.input<S>, options?: OutgoingOptions): Outgoing;
  /**
   * `event`: a past fact, any service may subscribe. `command`: a request to its one owner. `query`: a read, may be
   * lost. `delivery`: routed by its channel.
   */
  readonly kind: 'event' | 'command' | 'query' | 'delivery';
  readonly type: string;
  readonly version: number;
  readonly schema: S;
  /** Schema of the reply; commands and queries only. */
  readonly reply?: R;
  /**
   * Never written to disk and dropped at the caller's deadline. All queries; also commands that carry a password, and
   * events that are worth nothing a moment later.
   */
  readonly transient: boolean;
  /**
   * A transient message without a password: in a cluster it may be written to disk on several nodes. All queries, and
   * the commands that set this flag.
   */
  readonly mayRest: boolean;
  /** The event may have no subscriber; it is then not counted as unrouted. */
  readonly optional: boolean;
  /**
   * The event is published only while a queue is bound to it: a queue gets each one that is decided a second or more
   * after it was bound. Such an event is also optional.
   */
  readonly onDemand: boolean;
  /** The event says something about its sender: every service publishes it, and only about itself (`data.service`). */
  readonly shared: boolean;
  /**
   * The queue of this command has a maximum length; beyond it the broker rejects the command (a nack), and the
   * sender must handle that. Commands only.
   */
  readonly bounded: boolean;
  /**
   * Meaning of the message for those who read, send or answer it, and the problems that a request may be answered
   * with. Markdown.
   */
  readonly about?: string;
  /**
   * By mark: whether a fact has it. The broker routes a fact by its type, and also by `<type>.<mark>` for each mark that
   * it has, so that a queue can take only those (`only`). Events only.
   */
  readonly marks?: Marks;
  /** Set by `only`: the mark of the facts that a queue takes. */
  readonly mark?: string;
  /** Set by `leftover`: a queue takes these messages and is not bound to them. */
  readonly unbound?: boolean;
  /** Prefix of the delay queues in which this command waits: they are called `<waitsIn>.<ms>`. Timers only. */
  readonly waitsIn?: string;
}

export type Marks<T = never> = Readonly<Record<string, (data: T) => boolean>>;

export interface OutgoingOptions {
  /** The handler of this command replies to the caller of the message that is being handled now. */
  delegate?: boolean;
  /** Delay of a timer (a command with `waitsIn`) before its delivery, in ms: whole seconds, at most 30 days. */
  delayMs?: number;
}

/** A message that a decision returns to be sent; it gets its envelope when it is stored in the outbox. */
export interface Outgoing extends OutgoingOptions {
  readonly contract: Contract;
  readonly data: unknown;
}

/** Metadata of a message, carried as AMQP properties and headers so that it can be read without parsing the body. */
export const Envelope = z.object({
  id: Id,
  type: z.string().min(1),
  version: z.int().positive(),
  /** Shared by all messages that one request caused. */
  correlationId: z.string().min(1).max(128),
  /** The id of the message that caused this one. */
  causationId: Id.optional(),
  time: Instant,
  /**
   * Only for requests from outside: the time at which the request was accepted, in database time as the sender
   * estimates it. Absent when the sender has no estimate.
   */
  acceptedAt: Instant.optional(),
  /** W3C trace context. */
  traceparent: z.string().optional(),
});
export type Envelope = z.infer<typeof Envelope>;

/** A received message, as a handler sees it. */
export interface Message<C extends Contract = Contract> extends Envelope {
  readonly data: z.output<C['schema']>;
  /** Deadline of the caller (ms since the epoch, by the clock of this process); absent when no caller waits. */
  readonly deadline?: number;
  /** The broker has delivered the message before. It may have crashed its consumer, so it is handled alone. */
  readonly redelivered?: boolean;
  /** Where to send the reply; absent when no caller waits. */
  readonly reply?: { readonly to: string; readonly id: string };
}

export type Data<C extends Contract> = z.output<C['schema']>;
export type Reply<C extends Contract> = C extends Contract<z.ZodType, infer R> ? z.output<R> : never;

interface Options {
  version?: number;
  about?: string;
}

const NO_FLAGS = { transient: false, mayRest: false, optional: false, onDemand: false, shared: false, bounded: false };

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

const variant = (contract: Contract, changes: Partial<Contract>): Contract =>
  Object.assign((...of: Parameters<Contract>) => contract(...of), contract, changes);

/** Routing keys by which a fact is routed beside its type: one for each mark that it has. */
export const markedKeys = ({ type, marks = {} }: Contract, data: unknown): string[] =>
  Object.entries(marks).flatMap(([mark, has]) => (has(data as never) ? [markedKey(type, mark)] : []));
export const markedKey = (type: string, mark: string): string => `${type}.${mark}`;

/**
 * For the map of queues: facts of this type that have the mark, and no others.
 * @throws Error when the contract has no such mark
 */
export function only(mark: string, contract: Contract): Contract {
  if (!contract.marks?.[mark]) throw new Error(`${contract.type} has no mark ${mark}`);
  return variant(contract, { mark });
}

/**
 * For the map of queues: messages of this type that rest in the queue are handled, and no new ones are routed to it. For
 * one version after a queue has stopped to listen.
 */
export const leftover = (contract: Contract): Contract => variant(contract, { unbound: true });

/**
 * Creates the contract of an event: a past fact, named `<entity>.<what happened>`, delivered to all subscribers. A
 * subscriber that only observes may use a topic pattern (`order.*`, `#`) and name the fields that it needs.
 */
export const event = <S extends z.ZodType>(
  type: string,
  schema: S,
  options: Options & {
    optional?: boolean;
    onDemand?: boolean;
    transient?: boolean;
    shared?: boolean;
    marks?: Marks<z.output<S>>;
  } = {},
): Contract<S, z.ZodNever> =>
  contract({ kind: 'event', type, schema, ...NO_FLAGS, optional: options.onDemand ?? false, ...options });

/** Creates the contract of a command: a request, named `<owner>.<verb>`; durable unless `transient`. */
export const command = <S extends z.ZodType, R extends z.ZodType = z.ZodVoid>(
  type: string,
  schema: S,
  options: Options & { reply?: R; transient?: boolean; mayRest?: boolean; bounded?: boolean; waitsIn?: string } = {},
): Contract<S, R> => contract({ kind: 'command', type, schema, ...NO_FLAGS, ...options });

/** Creates the contract of a query: a read, named `<owner>.<noun>`; it expires at the caller's deadline. */
export const query = <S extends z.ZodType, R extends z.ZodType>(
  type: string,
  schema: S,
  reply: R,
  options: Options = {},
): Contract<S, R> =>
  contract({ kind: 'query', type, schema, reply, ...NO_FLAGS, transient: true, mayRest: true, ...options });

/**
 * Creates the contract of a delivery: a message to one person over one channel, named `delivery.<channel>` and routed
 * by the header `channel`.
 */
export const delivery = <S extends z.ZodType>(
  channel: string,
  schema: S,
  options: Options = {},
): Contract<S, z.ZodNever> =>
  contract({ kind: 'delivery', type: `delivery.${channel}`, schema, ...NO_FLAGS, ...options });
