import { Controller, type DynamicModule, type Type } from '@nestjs/common';
import { operationsOf, type DeadLetterSummary, type Message, type Operations, type Reply } from '@sluice/contracts';
import {
  countLetters,
  dependencies,
  ownQueueOf,
  readLetters,
  On,
  ProblemError,
  redrive,
  type DeadLetter,
  type MessageServer,
  type Publisher,
} from '@sluice/messaging';
import { scrub } from './secrets.js';

/** One at a time: two who look at the same letters would each see a part of them. */
const ONE_AT_A_TIME = { queue: 'ops', prefetch: 1 };
/** For the last batch and the way back. Milliseconds. */
const ANSWER_TAKES_MS = 500;
/** Who names no deadline waits no longer than a person would. Milliseconds. */
const PATIENCE_MS = 30_000;

type DeadLettersReply = Reply<Operations['ReadDeadLetters']>;
type QueuesReply = Reply<Operations['LookAtQueues']>;
type RedriveReply = Reply<Operations['RedriveDeadLetters']>;

export interface OwnServer {
  server: Pick<MessageServer, 'queues' | 'consumerOf' | 'senders'>;
  publisher: Publisher;
}

class OperationsModule {}

/**
 * What every service of this system answers about its own queues. Its own user on the broker has the rights already, so
 * nobody needs rights to everybody's; a newcomer's dead letters are for the administrator: `npm run dead-letters`.
 */
export function operationsModule(service: string, own: OwnServer): DynamicModule {
  const contracts = operationsOf(service);
  return { module: OperationsModule, controllers: contracts ? [controllerOf(contracts, own)] : [] };
}

function controllerOf(
  { LookAtQueues, ReadDeadLetters, RedriveDeadLetters }: Operations,
  { server, publisher }: OwnServer,
): Type {
  const open = () => publisher.openChannel();
  const queues = (): string[] => server.queues.flatMap((name) => ownQueueOf(name) ?? []);

  @Controller()
  class OperationsListener {
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
      deadline = Date.now() + PATIENCE_MS,
    }: Message<typeof RedriveDeadLetters>): Promise<RedriveReply> {
      if (!queues().includes(queue)) throw ProblemError.of(404, 'No such queue', `${queue} has no dead letters.`);
      const moved = await redrive(open, queue, { limit, until: deadline - ANSWER_TAKES_MS }, server.senders);
      return { moved, left: await countLetters(open, queue) };
    }

    #consumerOf(queue: string): { paused?: boolean; held?: number } {
      const consumer = server.consumerOf(queue);
      return consumer ? { paused: consumer.paused, held: consumer.held } : {};
    }

    /** Counted first: those that are looked at are not counted. */
    async #lettersOf(queue: string, limit: number): Promise<DeadLettersReply['queues'][number]> {
      const count = await countLetters(open, queue);
      const taken = count > 0 ? await readLetters(open, queue, { limit }) : [];
      return { queue, count, letters: taken.map(({ letter }) => summaryOf(letter)) };
    }
  }
  return OperationsListener;
}

/** RabbitMQ 4.2.6 and 4.3.0 tell the length of a queue only to who may delete it, which no service may. */
function unknownDepth(error: unknown): object {
  if ((error as { code?: number }).code === 403) return {};
  throw error;
}

/** Its reasons may repeat what was in the message; its stack is for who may see the code. */
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
