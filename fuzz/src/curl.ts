// @ts-nocheck
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const octal = (bytes) =>
  [...bytes]
    .map((byte) =>
      byte >= 0x20 && byte < 0x7f && byte !== 0x5c && byte !== 0x25 && byte !== 0x27
        ? String.fromCharCode(byte)
        : `\\${byte.toString(8).padStart(3, '0')}`,
    )
    .join('');
/** A longer body is not for a line. Bytes. */
const LONGEST = 600;
const CLIENTS_OWN = new Set(['host', 'content-length']);

/**
 * A line that sends a request again. Tokens are named and not shown: `$CUSTOMER` and the like are to be set to one.
 * @param {string} base @param {import('./judge.js').Request} request
 */
export function curlOf(base, { method, target, headers, body, raw, actor }) {
  const { hostname, port } = new URL(base);
  if (raw) return `printf '${octal(raw.subarray(0, LONGEST))}' | nc ${hostname} ${port}`;
  const lines = Object.entries(headers)
    .filter(([name]) => !CLIENTS_OWN.has(name))
    .slice(0, 12)
    .map(([name, value]) => headerOf(name, String(value), actor));
  const data = body ? ' --data-binary @-' : '';
  const input = body ? `printf '${octal(body.subarray(0, LONGEST))}' | ` : '';
  return `${input}curl -i --path-as-is -X ${method} ${quoted(base.replace(/\/$/, '') + target.slice(0, LONGEST))}${lines.join('')}${data}`;
}

function headerOf(name, value, actor) {
  if (name === 'authorization' && actor !== 'nobody')
    return ` -H "authorization: Bearer $${actor.toUpperCase().replaceAll('-', '_')}"`;
  return ` -H ${quoted(`${name}: ${value.slice(0, 300)}`)}`;
}
