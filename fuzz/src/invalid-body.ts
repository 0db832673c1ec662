import { gzipSync } from 'node:zlib';
import type { Random } from '@sluice/chaos/random';
import type { Draft } from './request.js';

const textOf = ({ json }: Draft): string => JSON.stringify(json ?? { a: 1 });
const inName = (...bytes: number[]): Buffer =>
  Buffer.concat([Buffer.from('{"name":"'), Buffer.from(bytes), Buffer.from('"}')]);

/** A body that is no JSON, has bytes that are no UTF-8, or that two parsers would read differently. */
export function malformedJson(fitting: Draft, random: Random): Draft {
  const text = textOf(fitting);
  const repeated = text === '{}' ? '{"a":1,"a":2}' : `${text.slice(0, -1)},${text.slice(1, text.indexOf(':'))}:null}`;
  const cases: Readonly<Record<string, string | Buffer>> = {
    truncated: text.slice(0, -1),
    twice: text + text,
    'with a comma': text.replace(/}$/, ',}'),
    'in single quotes': "{'a':1}",
    'a word': 'undefined',
    NaN: '{"a":NaN}',
    'an open string': '{"a":"',
    blanks: '   ',
    'a field twice': repeated,
    'the constructor': '{"constructor":{"prototype":{}}}',
    'a line break in a string': '{"a":"\n"}',
    'a byte that is none': inName(0xff),
    'half a character': inName(0xc3, 0x28),
    latin1: Buffer.from('{"name":"ä"}', 'latin1'),
    'surrogates in UTF-8': inName(0xed, 0xa0, 0x80),
    overlong: inName(0xc0, 0xaf),
    'UTF-16': Buffer.from(text, 'utf16le'),
  };
  const [how, content] = random.pick(Object.entries(cases));
  const body = typeof content === 'string' ? Buffer.from(content) : content;
  return { ...fitting, how, body, expects: [400] };
}

const MEDIA_TYPES = [
  ...['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'],
  ...['application/json5', 'application/jsonx', 'json', 'text/json', 'application/octet-stream', undefined],
];
const CHARSETS = [
  'application/json; charset=iso-8859-1',
  'application/json;charset="utf-16"',
  'application/json; charset=latin1',
];
const CODINGS = ['gzip', 'br', 'deflate', 'x-gzip', 'identity, gzip', 'nonsense'];

/** A body of a media type, charset or content coding that the gateway does not take. */
export function unsupportedMedia(fitting: Draft, random: Random): Draft {
  const body = Buffer.from(textOf(fitting));
  const declared = (name: string, value: string | undefined, content = body): Draft => ({
    ...fitting,
    body: content,
    how: `${name}: ${value}`,
    headers: { ...fitting.headers, [name]: value },
    expects: [415],
  });
  if (random.next() < 0.5) return declared('content-type', random.pick(MEDIA_TYPES));
  if (random.next() < 0.5) return declared('content-type', random.pick(CHARSETS));
  const coding = random.pick(CODINGS);
  return declared('content-encoding', coding, random.next() < 0.5 ? gzipSync(body) : body);
}
