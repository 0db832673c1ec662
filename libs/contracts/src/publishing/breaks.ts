import type { JsonSchema } from '../kit/json-schema.js';
import { misfits } from './misfits.js';
import type { Publication } from './publication.js';

/**
 * Reasons why the present message is not a compatible extension of the published one; empty when compatible.
 *
 * Requests are written by other services: a request as published must still be accepted. Events, deliveries and
 * replies are read by other services: readers of the published version must be able to read the present one. In
 * addition, messages sent before the change may still wait in a queue or an outbox and must be readable after it.
 */
export function breaks(published: Publication, present: Publication): string[] {
  if (published.kind !== present.kind) return [`it was a ${published.kind} and is a ${present.kind}`];
  const isRequest = published.kind === 'command' || published.kind === 'query';
  const data = isRequest
    ? senders(published.data, present.data)
    : [...readers(published.data, present.data), ...senders(published.data, present.data)];
  return [...data, ...answerBreaks(published.answer, present.answer)];
}

/** A contract without a published reply cannot break it. */
function answerBreaks(published: JsonSchema | undefined, present: JsonSchema | undefined): string[] {
  if (!published) return [];
  if (!present) return ['it is not answered any more'];
  return [...readers(published, present), ...senders(published, present)].map((why) => `the answer: ${why}`);
}

const readers = (published: JsonSchema, present: JsonSchema): string[] =>
  misfits(present, published).map((why) => `who reads it as published cannot read it now: ${why}`);

const senders = (published: JsonSchema, present: JsonSchema): string[] =>
  misfits(published, present, { mustBeUnderstood: true }).map(
    (why) => `what is sent as published is not understood now: ${why}`,
  );
