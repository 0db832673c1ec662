import { Failure } from './failure.js';

const ADDRESSES = [
  { name: 'DATABASE_URL', protocol: /^postgres(ql)?:$/, example: 'postgresql://user:password@host:5432/postgres' },
  { name: 'AMQP_URL', protocol: /^amqps?:$/, example: 'amqp://user:password@host:5672/vhost' },
  { name: 'AMQP_MANAGEMENT_URL', protocol: /^https?:$/, example: 'http://user:password@host:15672' },
];

/** Checks addresses. They may contain passwords and are not shown. @throws {Failure} that names the first wrong one */
export function requireAddresses(env: NodeJS.ProcessEnv = process.env): void {
  const wrong = ADDRESSES.find(({ name, protocol }) => env[name] && !protocol.test(protocolOf(env[name])));
  if (wrong)
    throw new Failure(
      `${wrong.name} is no address of that kind`,
      `It is like ${wrong.example}; unset it to use a server of our own.`,
    );
}

const protocolOf = (url: string): string => (URL.canParse(url) ? new URL(url).protocol : '');
