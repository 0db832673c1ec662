import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ProblemError } from '@sluice/messaging';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';

const HEADER = 'idempotency-key';
const ACCEPTABLE = /^[\x21-\x7e]{1,255}$/;

/** Accepted header values: a bare key (which may contain quotes), or a key in quotes, not empty. */
const SENT = /^(?!""$)(?:[\x21-\x7e]{1,255}|"(?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255}")$/;

/** Header for the OpenAPI document. */
export const IdempotencyHeader = z.object({
  'Idempotency-Key': z
    .string()
    .regex(SENT)
    .optional()
    .describe('The same key is the same request; remembered for at least 24 hours'),
});

/**
 * Syntax of the IETF's draft: a string in quotes (RFC 9651, section 3.3.3), with a backslash before each quote or
 * backslash.
 */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/;
const unquoted = (given: string): string => QUOTED.exec(given)?.[1]!.replace(/\\(["\\])/g, '$1') ?? given;

/**
 * The caller's key for this request, which makes repeating it harmless; with or without quotes it is the same key. An
 * invalid key is refused and not ignored, because the caller relies on it.
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
