import { MIMEType } from 'node:util';
import { ProblemError } from '@sluice/messaging';
import type { FastifyInstance } from 'fastify';
import { hasRepeatedField } from './repeated-field.js';

const notUtf8 = ProblemError.of(400, 'Bad Request', 'The body is not UTF-8.');
const repeated = ProblemError.of(400, 'Bad Request', 'A field is there twice.');
const coded = ProblemError.of(415, 'Unsupported Media Type', 'A body has no content coding.');
const otherCharset = ProblemError.of(415, 'Unsupported Media Type', 'A body is application/json in UTF-8.');

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Accepts JSON in UTF-8 only (RFC 8259, section 8.1). Invalid UTF-8 is refused: Fastify would replace each invalid byte
 * with the same character, and so make different texts equal. A byte order mark is ignored. A repeated field is
 * refused: which of the two counts is undefined (RFC 8259, section 4).
 */
export function takeJsonBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const { 'content-encoding': coding, 'content-type': type } = request.headers;
    if (!isPlain(coding)) return done(coded);
    if (!isUtf8(type)) return done(otherCharset);
    const text = decoded(body);
    if (text === undefined) return done(notUtf8);
    void parse(request, text, (error: Error | null, value?: unknown) =>
      error ? done(error) : hasRepeatedField(text) ? done(repeated) : done(null, value),
    );
  });
}

const isPlain = (coding: string | undefined): boolean =>
  coding === undefined || coding.trim().toLowerCase() === 'identity';

function isUtf8(type: string | undefined): boolean {
  try {
    const charset = new MIMEType(type ?? '').params.get('charset');
    return charset === null || /^utf-?8$/i.test(charset);
  } catch {
    return false;
  }
}

function decoded(body: Buffer): string | undefined {
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
}
