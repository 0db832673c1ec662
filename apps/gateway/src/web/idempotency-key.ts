import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ProblemError } from '@sluice/messaging';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

const HEADER = 'idempotency-key';
const ACCEPTABLE = /^[\x21-\x7e]{1,255}$/;

/** The header as it is sent: a key as it is (quotes may be in it), or a key in quotes, which is not empty. */
const SENT = /^(?!""$)(?:[\x21-\x7e]{1,255}|"(?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255}")$/;

/** For the API's document. */
export const IdempotencyHeader = z.object({
  'Idempotency-Key': z
    .string()
    .regex(SENT)
    .optional()
    .describe('The same key asks for the same order; remembered for at least 24 hours'),
});

/** As the IETF's draft writes it: a string in quotes (RFC 9651, section 3.3.3), in which a backslash comes before a quote or a backslash. */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/;
const unquoted = (given: string): string => QUOTED.exec(given)?.[1]!.replace(/\\(["\\])/g, '$1') ?? given;

/**
 * The caller's name for this request, so that sending it again is harmless.
 * In quotes or not it is the same key. A key that cannot be used is refused and not ignored: its caller relies on it.
 * @throws ProblemError 422
 */
export function idempotencyKeyOf(given: string | string[] | undefined): string | undefined {
  if (given === undefined) return undefined;
  const key = typeof given === 'string' ? unquoted(given) : '';
  if (ACCEPTABLE.test(key)) return key;
  throw ProblemError.of(422, 'Not valid', undefined, {
    errors: [{ path: 'Idempotency-Key', message: 'a key is 1 to 255 visible ASCII characters' }],
  });
}

export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext) =>
  idempotencyKeyOf(context.switchToHttp().getRequest<FastifyRequest>().headers[HEADER]),
);
