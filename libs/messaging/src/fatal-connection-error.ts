import { once } from 'node:events';
import { connect } from 'node:tls';
import { tlsFailure } from './tls-failure.js';

const VARIABLES = { url: 'AMQP_URL', ca: 'AMQP_CA', client: 'AMQP_CLIENT_CERT' };
/** What brokers say to a user, a password or a vhost that they do not know. */
const REFUSED = /ACCESS.REFUSED|NOT_ALLOWED|\b403\b|\b530\b/;
/** A port for TLS ends a connection that begins otherwise; so does a broker that goes down. */
const CUT_OFF = /ECONNRESET|closed abruptly/;
const PROBE_WITHIN_MS = 5_000;

/**
 * Why the broker will refuse every further try as well, in words that name what to mend.
 * @returns undefined when it may yet come about: a broker that boots, a network that is away
 */
export async function fatalConnectionError(error: Error, url: string): Promise<string | undefined> {
  if (REFUSED.test(error.message)) return `${error.message}. Check the user, the password and the vhost of AMQP_URL`;
  if (CUT_OFF.test(error.message) && (await speaksTls(url)))
    return 'the port that AMQP_URL names speaks TLS, and AMQP_URL says amqp://. Make it amqps://';
  return tlsFailure(error, VARIABLES);
}

/** Asked only of a port that refuses plain text; nothing is sent there, so it does not matter whose certificate it shows. */
async function speaksTls(url: string): Promise<boolean> {
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'amqp:') return false;
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 5672),
    rejectUnauthorized: false,
  });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(PROBE_WITHIN_MS) });
    return true;
  } catch {
    return false;
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}
