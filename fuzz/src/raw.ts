// @ts-nocheck
/** A request as bytes, and what must become of it. */
const raw = (how, lines, expects = [400], body = '') => ({
  how,
  raw: Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1'),
  expects,
  outside: true,
});

/** What no client library would send. */
export const RAW = [
  raw('no host', ['GET /products HTTP/1.1', 'connection: close']),
  raw('no HTTP', ['hello']),
  raw('a method in small letters', ['get /products HTTP/1.1', 'host: x']),
  raw(
    'both lengths',
    ['POST /sessions HTTP/1.1', 'host: x', 'content-length: 2', 'transfer-encoding: chunked'],
    [400],
    '0\r\n\r\n',
  ),
  raw('two lengths', ['POST /sessions HTTP/1.1', 'host: x', 'content-length: 2', 'content-length: 3'], [400], '{}'),
  raw('a negative length', ['POST /sessions HTTP/1.1', 'host: x', 'content-length: -1']),
  raw(
    'a broken chunk',
    ['POST /sessions HTTP/1.1', 'host: x', 'content-type: application/json', 'transfer-encoding: chunked'],
    [400],
    'zz\r\n{}\r\n0\r\n\r\n',
  ),
  raw('a NUL in a header', ['GET /products HTTP/1.1', 'host: x', 'x-a: a\0b']),
  raw('a NUL in the path', ['GET /products/a\0b HTTP/1.1', 'host: x', 'connection: close'], [400, 404]),
  raw('a blank in the path', ['GET /products/a b HTTP/1.1', 'host: x', 'connection: close']),
  raw('a folded header', ['GET /products HTTP/1.1', 'host: x', 'x-a: a', ' b', 'connection: close']),
  raw('another address', ['GET http://elsewhere/nowhere HTTP/1.1', 'host: x', 'connection: close'], [400, 404]),
  raw('a header without a name', ['GET /products HTTP/1.1', 'host: x', ': a']),
  raw('a long header', ['GET /products HTTP/1.1', 'host: x', `x-long: ${'x'.repeat(20_000)}`], [431]),
];
