import type { Draft } from './request.js';

type RawRequest = Pick<Draft, 'how' | 'raw' | 'expects' | 'outside'>;

/** A request as bytes, and the statuses that it may be answered with. */
const raw = (how: string, lines: readonly string[], expects: readonly number[] = [400], body = ''): RawRequest => ({
  how,
  raw: Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1'),
  expects,
  outside: true,
});

const GET = ['GET /products HTTP/1.1', 'host: x'];
const POST = ['POST /sessions HTTP/1.1', 'host: x'];
const CLOSE = 'connection: close';
const CHUNKED = 'transfer-encoding: chunked';

/** What no client library would send. */
export const RAW_REQUESTS: readonly RawRequest[] = [
  raw('no host', ['GET /products HTTP/1.1', CLOSE]),
  raw('no HTTP', ['hello']),
  raw('a method in small letters', ['get /products HTTP/1.1', 'host: x']),
  raw('both lengths', [...POST, 'content-length: 2', CHUNKED], [400], '0\r\n\r\n'),
  raw('two lengths', [...POST, 'content-length: 2', 'content-length: 3'], [400], '{}'),
  raw('a negative length', [...POST, 'content-length: -1']),
  raw('a broken chunk', [...POST, 'content-type: application/json', CHUNKED], [400], 'zz\r\n{}\r\n0\r\n\r\n'),
  raw('a NUL in a header', [...GET, 'x-a: a\0b']),
  raw('a NUL in the path', ['GET /products/a\0b HTTP/1.1', 'host: x', CLOSE], [400, 404]),
  raw('a blank in the path', ['GET /products/a b HTTP/1.1', 'host: x', CLOSE]),
  raw('a folded header', [...GET, 'x-a: a', ' b', CLOSE]),
  raw('another address', ['GET http://elsewhere/nowhere HTTP/1.1', 'host: x', CLOSE], [400, 404]),
  raw('a header without a name', [...GET, ': a']),
  raw('a long header', [...GET, `x-long: ${'x'.repeat(20_000)}`], [431]),
];
