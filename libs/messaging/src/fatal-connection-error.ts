import { once } from 'node:events';
import { connect } from 'node:tls';
import { tlsFailure } from './tls-failure.js';

const VARIABLES = { url: 'AMQP_URL', ca: 'AMQP_CA', client: 'AMQP_CLIENT_CERT' };
/** Texts with which brokers refuse an unknown user, a wrong password or an unknown vhost. */
const REFUSED = /ACCESS.REFUSED|NOT_ALLOWED|\b403\b|\b530\b/;
/** A TLS port closes a plain-text connection like this; so does a broker that shuts down. */
const CUT_OFF = /ECONNRESET|closed abruptly/;
const PROBE_WITHIN_MS = 5_000;

/**
 * Reason why the broker would refuse every further attempt, with what to correct.
 * @returns undefined when a later attempt may succeed: the broker is starting, or the network is down
 */
export async function fatalConnectionError(error: Error, url: string): Promise<string | undefined> {
  if (REFUSED.test(error.message)) return `${error.message}. Check the user, the password and the vhost of AMQP_URL`;
  if (CUT_OFF.test(error.message) && (await speaksTls(url)))
    return 'the port that AMQP_URL names speaks TLS, and AMQP_URL says amqp://. Make it amqps://';
  return tlsFailure(error, VARIABLES);
}

/** Called only for a port that refuses plain text. Nothing is sent, so the certificate is not verified. */
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
