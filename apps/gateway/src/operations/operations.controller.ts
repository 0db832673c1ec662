import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  DeadLetters,
  DependencyHealth,
  Discarded,
  Discarding,
  OPERATED,
  operationsOf,
  QueueState,
  Redriven,
  Redriving,
  Showing,
  type Operations,
} from '@sluice/contracts';
import { Describe, inDigits } from '@sluice/http-kit';
import { ProblemError } from '@sluice/messaging';
import { z } from 'zod';
import { Rpc } from '../rpc.js';
import { Roles } from '../web/auth.js';

/** Services that did not reply: down, or overloaded. */
const unanswered = z.array(z.string());
const Dependencies = z.array(DependencyHealth.extend({ service: z.string() }));
const Queues = z.object({ queues: z.array(QueueState), dependencies: Dependencies, unanswered });
const Letters = z.object({ queues: z.array(DeadLetters), unanswered });
const QueuePath = z.object({ queue: z.string().max(200) });
const Shown = z.object({ limit: inDigits(Showing.shape.limit) });
const Limit = Redriving.optional();

/** Operations for administrators. Each service reports its own queues, so the gateway needs no permission on them. */
@Controller('ops')
export class OperationsController {
  constructor(private readonly rpc: Rpc) {}

  @Roles('admin')
  @Get('queues')
  @Describe(
    'See how long the queues are, how many consumers they have, and how the database, the broker and the providers do',
    { 200: Queues },
  )
  async queues(): Promise<z.output<typeof Queues>> {
    const { answers, unanswered } = await fromAll(async ({ LookAtQueues }, service) => ({
      service,
      ...(await this.rpc.request(LookAtQueues, {})),
    }));
    const dependencies = answers.flatMap(({ service, dependencies = [] }) =>
      dependencies.map((dependency) => ({ service, ...dependency })),
    );
    return { queues: answers.flatMap(({ queues }) => queues), dependencies, unanswered };
  }

  @Roles('admin')
  @Get('dead-letters')
  @Describe('See the first dead letters of each queue, why each was given up, and after which tries', { 200: Letters })
  async deadLetters(@Query({ schema: Shown }) showing: z.output<typeof Shown>): Promise<z.output<typeof Letters>> {
    const { answers, unanswered } = await fromAll(({ ReadDeadLetters }) => this.rpc.request(ReadDeadLetters, showing));
    return { queues: answers.flatMap(({ queues }) => queues), unanswered };
  }

  @Roles('admin')
  @Post('dead-letters/:queue/redrive')
  @HttpCode(202)
  @Describe('Send dead letters home to their queue, to be handled again; twice is safe', {
    202: Redriven,
    404: 'No such queue, or one without dead letters',
  })
  redrive(
    @Param({ schema: QueuePath }) { queue }: z.output<typeof QueuePath>,
    @Body({ schema: Limit }) body: z.output<typeof Limit>,
  ): Promise<Redriven> {
    return this.rpc.request(operationsOn(queue).RedriveDeadLetters, { queue, ...body });
  }

  @Roles('admin')
  @Post('dead-letters/:queue/discard')
  @HttpCode(200)
  @Describe('Remove the dead letters with these ids for good; the log of their service keeps why each was one', {
    200: Discarded,
    404: 'No such queue, or one without dead letters',
  })
  discard(
    @Param({ schema: QueuePath }) { queue }: z.output<typeof QueuePath>,
    @Body({ schema: Discarding }) { ids }: z.output<typeof Discarding>,
  ): Promise<Discarded> {
    return this.rpc.request(operationsOn(queue).DiscardDeadLetters, { queue, ids });
  }
}

type Redriven = z.output<typeof Redriven>;
type Discarded = z.output<typeof Discarded>;

/** Those of the service that owns the queue. @throws ProblemError 404 */
function operationsOn(queue: string): Operations {
  const operations = operationsOf(queue.split('.', 1)[0]!);
  if (!operations) throw ProblemError.of(404, 'No such queue');
  return operations;
}

/**
 * Requests all services; one that is down must not hide the others.
 * @throws the first service's error, when no service replies
 */
async function fromAll<T>(
  request: (operations: Operations, service: string) => Promise<T>,
): Promise<{ answers: T[]; unanswered: string[] }> {
  const results = await Promise.allSettled(OPERATED.map((service) => request(operationsOf(service)!, service)));
  const answers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (answers.length === 0) throw (results[0] as PromiseRejectedResult).reason;
  return { answers, unanswered: OPERATED.filter((_, index) => results[index]!.status === 'rejected') };
}
