import { Problem, type Contract } from '@sluice/contracts/kit';
import { z } from 'zod';
import type { Outbound } from './confirm-channel.js';
import { PermanentError, ProblemError } from './errors.js';

const JSON_TYPE = 'application/json';
/** RFC 9457. */
const PROBLEM_TYPE = 'application/problem+json';

/** Reply to a caller: a value, or the problem that prevented it. */
export type Answer = { readonly value: unknown } | { readonly problem: Problem };

/**
 * Encodes a reply. It is not persistent, since only the caller's open channel can receive it, and not mandatory,
 * since RabbitMQ 3.10 returns mandatory replies that it has delivered.
 */
export function encodeAnswer(answer: Answer, { to, id }: { to: string; id: string }): Outbound {
  const [contentType, body] = 'problem' in answer ? [PROBLEM_TYPE, answer.problem] : [JSON_TYPE, answer.value];
  return {
    exchange: '',
    routingKey: to,
    mandatory: false,
    properties: { correlationId: id, contentType, type: 'answer', persistent: false, headers: {} },
    body: JSON.stringify(body) ?? '',
  };
}

/** @throws ProblemError the owner's business "no"; PermanentError the reply does not fit the contract. */
export function decodeAnswer(contract: Contract, contentType: unknown, content: Buffer): unknown {
  const body: unknown = content.length === 0 ? undefined : JSON.parse(content.toString('utf8'));
  if (contentType === PROBLEM_TYPE) throw new ProblemError(Problem.parse(body));
  const value = contract.reply?.safeParse(body);
  if (value && !value.success)
    throw new PermanentError(
      `the answer to ${contract.type} does not fit its contract: ${z.prettifyError(value.error)}`,
    );
  return value?.data;
}
