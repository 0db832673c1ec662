import { z } from 'zod';
import { PemCertificates, PemPrivateKey } from './pem.js';
import { BROKER_URL, DATABASE_ADDRESS, PRODUCTION } from './production.js';
import { EnvironmentError, variable } from './variable.js';

const commaSeparatedMs = z
  .string()
  .transform((text) => text.split(',').map(Number))
  .pipe(z.array(z.int().positive()).min(1));

/** Seconds by queue: `captures=3600,bookings=86400`. */
const secondsByQueue = z
  .string()
  .transform((text) =>
    Object.fromEntries(
      text.split(',').map((part) => [part.slice(0, part.indexOf('=')), Number(part.slice(part.indexOf('=') + 1))]),
    ),
  )
  .pipe(
    z.record(
      z.string().regex(/^[a-z-]+$/, 'must be like captures=3600,bookings=86400'),
      z.int('must be like captures=3600,bookings=86400').positive(),
    ),
  );

/** A boolean variable: only `true` or `false`, so that a typo is not read as false. */
export const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false'])
    .default(fallback ? 'true' : 'false')
    .transform((text) => text === 'true');

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number({ error }).int(error).min(min, error).max(max, error);
}

/** A port to listen on; 0 lets the operating system choose one. */
export const Port = wholeNumber(0, 65_535);

/** Only these values: with a typo, a production system would start with the checks of a development system. */
export const NodeEnv = z
  .enum(['development', 'production', 'test'], { error: 'must be development, production or test' })
  .default('development');

/** The variables of every process. */
export const CommonConfig = z.object({
  NODE_ENV: NodeEnv,
  AMQP_URL: z
    .url({ protocol: /^amqps?$/, error: 'must be an amqp:// or amqps:// URL' })
    .register(PRODUCTION, BROKER_URL),
  /** With amqps:// only: certificate authorities to trust instead of those built into Node.js. */
  AMQP_CA: PemCertificates.optional(),
  /** With amqps:// only: client certificate and key, for a broker that requests them; both or neither. */
  AMQP_CLIENT_CERT: PemCertificates.optional(),
  AMQP_CLIENT_KEY: PemPrivateKey.optional(),
  /** Whether messages without a sender are handled; before docs/decisions/0028 no message named its sender. */
  ANONYMOUS_MESSAGES: z.enum(['refused', 'accepted'], { error: 'must be refused or accepted' }).default('refused'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  LOG_FORMAT: z.enum(['json', 'pretty']).default('json'),
  HOST: z.string().default('127.0.0.1'),
  HEALTH_PORT: Port.optional(),
});
export type CommonConfig = z.output<typeof CommonConfig>;

/** The variables of every process that consumes messages. */
export const ConsumerConfig = CommonConfig.extend({
  RETRY_TIERS_MS: commaSeparatedMs.default([1_000, 10_000, 60_000]),
  /** Further retry delays of messages that call an outside service; the last one is repeated. */
  OUTSIDE_TIERS_MS: commaSeparatedMs.default([600_000, 3_600_000]),
  /** By queue: how long such a message is retried while only this message fails; without an entry, one day. */
  OUTSIDE_FOR_SECONDS: secondsByQueue.default({}),
  /** How long a message waits for a replica that supports its type and version. */
  UNSUPPORTED_FOR_SECONDS: wholeNumber(1, 604_800).default(3_600),
  PREFETCH: wholeNumber(1, 65_535).default(100),
});

/**
 * Longer than a message can be in transit: 30 days in a timer's queue, the longest wait there is, plus 10 days for a
 * sender that is down before it sends again, or for people who inspect dead letters. Retry tiers take minutes; an
 * `Idempotency-Key` is stored in the order and needs no inbox. docs/decisions/0016
 */
const INBOX_RETENTION_DAYS = 40;

/** The variables of a service with a database. Each service has access only to its own. */
export const DatabaseConfig = z.object({
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// URL' })
    .register(PRODUCTION, DATABASE_ADDRESS),
  /** With sslmode=verify-full only: certificate authorities to trust instead of those built into Node.js. */
  DATABASE_CA: PemCertificates.optional(),
  /** How long the id of a handled message is kept, so that a redelivery changes nothing. Days. */
  INBOX_RETENTION_DAYS: wholeNumber(1, 3_650).default(INBOX_RETENTION_DAYS),
  /** Whether facts of one commit travel together; `false` until every consumer reads batches. docs/decisions/0034 */
  PUBLISH_BATCHES: flag(true),
});

export type DatabaseConfig = z.output<typeof DatabaseConfig>;

/**
 * Reads a configuration from environment variables, each given as NAME or as a file in NAME_FILE. An empty variable
 * counts as unset.
 * @throws EnvironmentError that names every bad variable in one line
 */
export function parseEnvironment<S extends z.ZodObject>(
  schema: S,
  environment: Record<string, string | undefined>,
): z.output<S> {
  const { given, unreadable } = read(Object.keys(schema.shape), environment);
  const result = schema.safeParse(given);
  if (result.success && unreadable.size === 0) return result.data;
  const problems = (result.error?.issues ?? [])
    .filter((issue) => !unreadable.has(nameOf(issue)))
    .map((issue) => explain(issue, given));
  throw new EnvironmentError([...unreadable.values(), ...problems].join('; '));
}

interface Given {
  given: Record<string, string>;
  /** By variable: why its value could not be read. */
  unreadable: Map<string, string>;
}

function read(names: readonly string[], environment: Record<string, string | undefined>): Given {
  const given: Record<string, string> = {};
  const unreadable = new Map<string, string>();
  for (const name of names) {
    try {
      const value = variable(name, environment);
      if (value !== undefined) given[name] = value;
    } catch (error) {
      unreadable.set(name, (error as Error).message);
    }
  }
  return { given, unreadable };
}

const nameOf = (issue: z.core.$ZodIssue): string => String(issue.path[0] ?? 'the environment');

function explain(issue: z.core.$ZodIssue, given: Record<string, string>): string {
  const name = nameOf(issue);
  return Object.hasOwn(given, name)
    ? `${name} is not valid: ${issue.message}${issue.code === 'custom' ? '' : describeGiven(name, given[name] ?? '')}`
    : `${name} is not set`;
}

/** Names of variables whose value may be or contain a secret. */
const SECRET = /(^|_)(URL|KEYS?|SECRET|PASSWORDS?|TOKEN|CERT|CA)(_FILE)?$/;
/** Longer values, and addresses, may be the secret of another variable, set by mistake. Characters. */
const MAX_SHOWN = 60;

/** Appends the given value, to help find a typo; empty when the value may be a secret. */
const describeGiven = (name: string, text: string): string =>
  SECRET.test(name) || text.length > MAX_SHOWN || /:\/\/|-----/.test(text) ? '' : `, not ${JSON.stringify(text)}`;
