import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ProblemError } from '@sluice/messaging';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

const HEADER = 'last-event-id';
/** Event ids count from 1; their owner stores them in 32 bits. */
const GREATEST = 2_147_483_647;

/** Header for the OpenAPI document. */
export const LastEventIdHeader = z.object({
  'Last-Event-ID': z
    .int()
    .min(0)
    .max(GREATEST)
    .optional()
    .describe('The id of the last event that was received: only what came after it is sent'),
});

/** The id was never sent on this stream: a client that waits for later events would wait forever. */
export const eventIdNotOfThisStream = ProblemError.of(
  400,
  'Bad Request',
  'Last-Event-ID is the id of an event of this stream, a whole number.',
);

/** @returns id of the last event that the caller has received, 0 for none. @throws ProblemError 400 */
export function lastEventIdOf(given: string | string[] | undefined): number {
  if (given === undefined) return 0;
  const id = typeof given === 'string' && /^\d{1,10}$/.test(given) ? Number(given) : Infinity;
  if (id > GREATEST) throw eventIdNotOfThisStream;
  return id;
}

export const LastEventId = createParamDecorator((_: unknown, context: ExecutionContext) =>
  lastEventIdOf(context.switchToHttp().getRequest<FastifyRequest>().headers[HEADER]),
);
