import { brokerUrlOf, type Broker } from '../rabbitmq/users.js';
import type { Secrets } from '../state-directory.js';
import { manifestOf } from '../workspace.js';
import type { SecretName } from './manifest.js';
import { NODE_VARIABLES } from './node-arguments.js';

/** Of our own environment these stay here: they are the administrator's, or npm's. */
const OURS =
  /^(npm_|INIT_CWD$|DATABASE_URL$|AMQP_(?!CA|CLIENT_)|HEALTH_PORT$|PORT$|SLUICE_|TOKEN_PUBLIC_KEY$|TOKEN_PRIVATE_KEY$|IDEMPOTENCY_SECRET$)/;

/** The settings in the environment that every service gets. */
export const passedOn = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !OURS.test(name)));

/** Where services find their servers. */
export interface Servers {
  broker: Broker;
  /** Each service's own URL, by service. */
  databases: Record<string, string>;
}

/** What the environment of every service is made of. */
export interface ServiceSettings extends Servers {
  secrets: Secrets;
  /** Of the gateway. */
  port: number;
  /** Whose compiled code runs; absent: ours. */
  checkout?: string;
}

/**
 * The environment of one service: its own database, and of the secrets only those that are its business.
 * @param cache a folder for compiled code
 * @param inherited settings that the caller gave, such as PAYMENT_WINDOW_SECONDS
 */
export function environmentOf(
  service: string,
  { port, healthPort, cache, ...system }: ServiceSettings & { healthPort: number; cache: string },
  inherited: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const own = credentialsOf(service, system);
  return {
    NODE_ENV: 'development',
    DEV_SEED: 'true',
    NODE_COMPILE_CACHE: cache, // Node 22 and later boot faster from it
    ...NODE_VARIABLES,
    ...passedOn(inherited),
    HEALTH_PORT: String(healthPort),
    ...(manifestOf(service).http && { PORT: String(port) }),
    ...own,
  };
}

/** Where a service finds its servers, and what it signs or checks with, as variables. */
export const credentialsOf = (
  service: string,
  { broker, databases, secrets }: Servers & { secrets: Secrets },
): Record<string, string> => ({
  AMQP_URL: brokerUrlOf(broker, service),
  ...(databases[service] && { DATABASE_URL: databases[service] }),
  ...secretsFor(service, secrets),
});

/** What a service signs or checks with, as variables: those that its manifest lists. */
export const secretsFor = (service: string, secrets: Secrets): Record<string, string> =>
  Object.fromEntries((manifestOf(service).secrets ?? []).map((name) => [name, secrets[SECRET_OF[name]]]));

const SECRET_OF: Record<SecretName, keyof Secrets> = {
  TOKEN_PRIVATE_KEY: 'tokenPrivateKey',
  TOKEN_PUBLIC_KEY: 'tokenPublicKey',
  IDEMPOTENCY_SECRET: 'idempotencySecret',
};
