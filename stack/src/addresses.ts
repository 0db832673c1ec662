// @ts-nocheck
import { Failure } from './failure.js';

const ADDRESSES = [
  { name: 'DATABASE_URL', protocol: /^postgres(ql)?:$/, example: 'postgresql://user:password@host:5432/postgres' },
  { name: 'AMQP_URL', protocol: /^amqps?:$/, example: 'amqp://user:password@host:5672/vhost' },
  { name: 'AMQP_MANAGEMENT_URL', protocol: /^https?:$/, example: 'http://user:password@host:15672' },
];

/**
 * The addresses of servers that were given. Their values may hold passwords and are not shown.
 * @param {NodeJS.ProcessEnv} [env] @throws {Failure} that names the first one which is no such address
 */
export function requireAddresses(env = process.env) {
  const wrong = ADDRESSES.find(({ name, protocol }) => env[name] && !protocol.test(protocolOf(env[name])));
  if (wrong)
    throw new Failure(
      `${wrong.name} is no address of that kind`,
      `It is like ${wrong.example}; unset it to use a server of our own.`,
    );
}

function protocolOf(url) {
  try {
    return new URL(url).protocol;
  } catch {
    return '';
  }
}
