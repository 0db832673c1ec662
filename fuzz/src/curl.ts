import type { FuzzRequest } from './request.js';

/** A longer target or body is cut off. Bytes. */
const LONGEST = 600;
const HEADERS_SHOWN = 12;
const HEADER_SHOWN = 300;
/** Headers that curl writes itself. */
const WRITTEN_BY_CURL = new Set(['host', 'content-length']);

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** For `printf`: every byte that is not plain text as an octal escape. */
const escaped = (bytes: Buffer): string =>
  bytes
    .subarray(0, LONGEST)
    .toString('latin1')
    .replace(/[^\x20-\x7e]|[\\%']/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);

/**
 * A command line that sends a request again. Tokens are not shown: `$CUSTOMER` and the like must be set to one.
 * @param base URL of the gateway
 */
export function curlCommand(base: string, { method, target, headers, body, raw, caller }: FuzzRequest): string {
  const { hostname, port } = new URL(base);
  if (raw) return `printf '${escaped(raw)}' | nc ${hostname} ${port}`;
  const options = Object.entries(headers)
    .filter(([name]) => !WRITTEN_BY_CURL.has(name))
    .slice(0, HEADERS_SHOWN)
    .map(([name, value]) => headerOption(name, value, caller));
  const url = quoted(base.replace(/\/$/, '') + target.slice(0, LONGEST));
  const curl = `curl -i --path-as-is -X ${method} ${url}${options.join('')}`;
  return body ? `printf '${escaped(body)}' | ${curl} --data-binary @-` : curl;
}

function headerOption(name: string, value: string, caller: string): string {
  if (name === 'authorization' && caller !== 'nobody')
    return ` -H "authorization: Bearer $${caller.toUpperCase().replaceAll('-', '_')}"`;
  return ` -H ${quoted(`${name}: ${value.slice(0, HEADER_SHOWN)}`)}`;
}
