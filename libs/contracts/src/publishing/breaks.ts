import type { JsonSchema } from '../json-schema.js';
import { misfits } from './misfits.js';
import type { Publication } from './publication.js';

/**
 * Why the present message is not the published one with something added, in words; nothing when others will not notice.
 *
 * A request is written by strangers: whoever sends the published one must be understood. Facts, deliveries and answers are
 * read by strangers: whoever reads the published one must be able to read the present one; and what was sent before the
 * change, and waits in a queue or in an outbox, must be readable after it.
 */
export function breaks(published: Publication, present: Publication): string[] {
  if (published.kind !== present.kind) return [`it was a ${published.kind} and is a ${present.kind}`];
  const isRequest = published.kind === 'command' || published.kind === 'query';
  const data = isRequest
    ? senders(published.data, present.data)
    : [...readers(published.data, present.data), ...senders(published.data, present.data)];
  return [...data, ...answerBreaks(published.answer, present.answer)];
}

/** Nobody relied on the answer that there was not. */
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
