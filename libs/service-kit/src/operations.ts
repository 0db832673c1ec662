import { Controller, Logger, type DynamicModule, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { system, type DeadLetterSummary, type Message, type Operations, type Reply } from '@sluice/contracts/kit';
import {
  countLetters,
  dependencies,
  discard,
  ownQueueOf,
  readLetters,
  On,
  ProblemError,
  redrive,
  type DeadLetter,
  type MessageServer,
  type Publisher,
} from '@sluice/messaging';
import { NOTHING, Reannouncement } from './reannouncement.js';
import { scrub } from './secrets.js';

/** Prefetch 1, because two concurrent readers of the same dead letters would each get only a part of them. */
const ONE_AT_A_TIME = { queue: 'ops', prefetch: 1 };
/** Time reserved before the deadline for the last batch and the reply. Milliseconds. */
const REPLY_MARGIN_MS = 500;
/** Default deadline of an operator request. Milliseconds. */
const DEFAULT_DEADLINE_MS = 30_000;

type DeadLettersReply = Reply<Operations['ReadDeadLetters']>;
type QueuesReply = Reply<Operations['LookAtQueues']>;
type RedriveReply = Reply<Operations['RedriveDeadLetters']>;
type DiscardReply = Reply<Operations['DiscardDeadLetters']>;
type ReannounceReply = Reply<Operations['Reannounce']>;

export interface OwnServer {
  server: Pick<MessageServer, 'queues' | 'consumerOf' | 'senders'>;
  publisher: Publisher;
}

class OperationsModule {}

/**
 * Operator requests about a service's own queues, and to announce again what it owns, which every service of this
 * system handles. Its broker user already has the rights, so no other user needs rights to all queues. For services
 * without these contracts, an administrator runs `npm run dead-letters`.
 */
export function operationsModule(service: string, own: OwnServer): DynamicModule {
  const contracts = system().catalogue.operationsOf(service);
  return { module: OperationsModule, controllers: contracts ? [controllerOf(contracts, own)] : [] };
}

function controllerOf(
  { LookAtQueues, ReadDeadLetters, RedriveDeadLetters, DiscardDeadLetters, Reannounce }: Operations,
  { server, publisher }: OwnServer,
): Type {
  const open = () => publisher.openChannel();
  const queues = (): string[] => server.queues.flatMap((name) => ownQueueOf(name) ?? []);
  const requireLetters = (queue: string): void => {
    if (!queues().includes(queue)) throw ProblemError.of(404, 'No such queue', `${queue} has no dead letters.`);
  };
  const logger = new Logger('dead letters');

  @Controller()
  class OperationsListener {
    constructor(private readonly modules: ModuleRef) {}

    @On(LookAtQueues, ONE_AT_A_TIME)
    async lookAtQueues(): Promise<QueuesReply> {
      const queues = await Promise.all(
        server.queues.map(async (queue) => ({
          queue,
          ...(await publisher.inspectQueue(queue).catch(unknownDepth)),
          ...this.#consumerOf(queue),
        })),
      );
      return {
        queues,
        dependencies: dependencies
          .all()
          .map(({ because, ...state }) => ({ ...state, ...(because !== undefined && { because: scrub(because) }) })),
      };
    }

    @On(ReadDeadLetters, ONE_AT_A_TIME)
    async readDeadLetters({ data: { limit } }: Message<typeof ReadDeadLetters>): Promise<DeadLettersReply> {
      return { queues: await Promise.all(queues().map((queue) => this.#lettersOf(queue, limit))) };
    }

    @On(RedriveDeadLetters, ONE_AT_A_TIME)
    async redriveDeadLetters({
      data: { queue, limit },
      deadline = Date.now() + DEFAULT_DEADLINE_MS,
    }: Message<typeof RedriveDeadLetters>): Promise<RedriveReply> {
      requireLetters(queue);
      const moved = await redrive(open, queue, { limit, until: deadline - REPLY_MARGIN_MS }, server.senders);
      return { moved, left: await countLetters(open, queue) };
    }

    /** The log keeps what the control room has shown of a letter, not its data. */
    @On(DiscardDeadLetters, ONE_AT_A_TIME)
    async discardDeadLetters({
      data: { queue, ids },
      deadline = Date.now() + DEFAULT_DEADLINE_MS,
    }: Message<typeof DiscardDeadLetters>): Promise<DiscardReply> {
      requireLetters(queue);
      const chosen = { ids, limit: ids.length, until: deadline - REPLY_MARGIN_MS };
      const discarded = await discard(open, queue, chosen, async ({ letter }) =>
        logger.warn(`discarded from ${queue}`, { letter: summaryOf(letter) }),
      );
      return { discarded, left: await countLetters(open, queue) };
    }

    /** A service that owns nothing that others wait for provides no `Reannouncement`. */
    @On(Reannounce, ONE_AT_A_TIME)
    async reannounce({ data }: Message<typeof Reannounce>): Promise<ReannounceReply> {
      return (await reannouncementIn(this.modules)?.announce(data)) ?? NOTHING;
    }

    #consumerOf(queue: string): { paused?: boolean; held?: number } {
      const consumer = server.consumerOf(queue);
      return consumer ? { paused: consumer.paused, held: consumer.held } : {};
    }

    /** Counts before it reads, because letters that are being read are not counted. */
    async #lettersOf(queue: string, limit: number): Promise<DeadLettersReply['queues'][number]> {
      const count = await countLetters(open, queue);
      const taken = count > 0 ? await readLetters(open, queue, { limit }) : [];
      return { queue, count, letters: taken.map(({ letter }) => summaryOf(letter)) };
    }
  }
  return OperationsListener;
}

function reannouncementIn(modules: ModuleRef): Reannouncement | undefined {
  try {
    return modules.get(Reannouncement, { strict: false });
  } catch {
    return undefined; // the module provides none
  }
}

/** RabbitMQ 4.2.6 and 4.3.0 report a queue's length only to users that may delete the queue; no service may. */
function unknownDepth(error: unknown): object {
  if ((error as { code?: number }).code === 403) return {};
  throw error;
}

/** Returns a dead letter without its data and stack. Reasons are scrubbed, because they may repeat message data. */
const summaryOf = ({
  id,
  type,
  correlationId,
  reason,
  failedAt,
  attempts,
  redriven,
  history,
  originalExchange,
  originalRoutingKey,
}: DeadLetter): DeadLetterSummary => ({
  ...{ id, type, correlationId, reason: scrub(reason), failedAt, attempts, redriven, history: scrub(history) },
  ...{ originalExchange, originalRoutingKey },
});
