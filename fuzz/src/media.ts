// @ts-nocheck
import { gzipSync } from 'node:zlib';

const bytes = (text) => Buffer.from(text);
const textOf = ({ json }) => JSON.stringify(json ?? { a: 1 });

/** Texts that are no JSON, bytes that are no UTF-8, and what two readers would read differently. */
export function notJson(fitting) {
  const text = textOf(fitting);
  const repeated = text === '{}' ? '{"a":1,"a":2}' : `${text.slice(0, -1)},${text.slice(1, text.indexOf(':'))}:null}`;
  const inside = (part) => Buffer.concat([bytes('{"name":"'), Buffer.from(part), bytes('"}')]);
  const cases = {
    truncated: text.slice(0, -1),
    twice: text + text,
    'with a comma': text.replace(/}$/, ',}'),
    'in single quotes': "{'a':1}",
    'a word': 'undefined',
    NaN: '{"a":NaN}',
    'an open string': '{"a":"',
    blanks: '   ',
    'a field twice': repeated,
    __proto__: '{"__proto__":{"admin":true}}',
    'the constructor': '{"constructor":{"prototype":{}}}',
    'a line break in a string': '{"a":"\n"}',
    'a byte that is none': inside([0xff]),
    'half a character': inside([0xc3, 0x28]),
    latin1: Buffer.from('{"name":"ä"}', 'latin1'),
    'surrogates in UTF-8': inside([0xed, 0xa0, 0x80]),
    overlong: inside([0xc0, 0xaf]),
    'UTF-16': Buffer.from(text, 'utf16le'),
  };
  return Object.entries(cases).map(([how, content]) => ({ how, body: Buffer.from(content), expects: [400] }));
}

const MEDIA = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/xml',
  'application/json5',
  'application/jsonx',
  'json',
  'text/json',
  'application/octet-stream',
  undefined,
];
const CHARSETS = [
  'application/json; charset=iso-8859-1',
  'application/json;charset="utf-16"',
  'application/json; charset=latin1',
  'application/json; charset=utf-8; charset=utf-7',
  'application/json; charset=',
];
const CODINGS = ['gzip', 'br', 'deflate', 'x-gzip', 'identity, gzip', 'nonsense'];

export function otherMedia(fitting, random) {
  const body = bytes(textOf(fitting));
  const type = (value) => ({
    ...fitting,
    body,
    how: `content-type: ${value}`,
    headers: { ...fitting.headers, 'content-type': value },
    expects: [415],
  });
  if (random.next() < 0.5) return type(random.pick(MEDIA));
  if (random.next() < 0.5) return type(random.pick(CHARSETS.slice(0, 3)));
  const coding = random.pick(CODINGS);
  return {
    ...fitting,
    body: random.next() < 0.5 ? gzipSync(body) : body,
    how: `content-encoding: ${coding}`,
    headers: { ...fitting.headers, 'content-encoding': coding },
    expects: [415],
  };
}
