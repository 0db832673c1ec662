// @ts-nocheck
import { brokerUrlOf } from '../rabbitmq/users.js';

/** Of our own environment these stay here: they are the administrator's, or npm's. */
const OURS =
  /^(npm_|INIT_CWD$|DATABASE_URL$|AMQP_(?!CA|CLIENT_)|HEALTH_PORT$|PORT$|SLUICE_|TOKEN_PUBLIC_KEY$|TOKEN_PRIVATE_KEY$|IDEMPOTENCY_SECRET$)/;

/** @param {NodeJS.ProcessEnv} env @returns {Record<string, string | undefined>} the settings in it that every service gets */
export const passedOn = (env) => Object.fromEntries(Object.entries(env).filter(([name]) => !OURS.test(name)));

/**
 * The environment of one service: its own database, and of the secrets only those that are its business.
 * @param {string} service
 * @param {{ broker: import('../rabbitmq/users.js').Broker, databases: Record<string, string>, secrets: ReturnType<typeof import('./secrets.js').secretsOf>, port: number, healthPort: number, cache: string }} system
 * @param {NodeJS.ProcessEnv} [inherited] settings that the caller gave, such as PAYMENT_WINDOW_SECONDS
 */
export function environmentOf(
  service,
  { broker, databases, secrets, port, healthPort, cache },
  inherited = process.env,
) {
  return {
    NODE_ENV: 'development',
    DEV_SEED: 'true',
    NODE_COMPILE_CACHE: cache, // Node 22 and later boot faster from it
    ...passedOn(inherited),
    HEALTH_PORT: String(healthPort),
    ...(service === 'gateway' && { PORT: String(port) }),
    ...credentialsOf(service, { broker, databases, secrets }),
  };
}

/**
 * Where a service finds its servers, and what it signs or checks with.
 * @param {string} service
 * @param {{ broker: import('../rabbitmq/users.js').Broker, databases: Record<string, string>, secrets: ReturnType<typeof import('./secrets.js').secretsOf> }} system
 * @returns {Record<string, string>} variables
 */
export const credentialsOf = (service, { broker, databases, secrets }) => ({
  AMQP_URL: brokerUrlOf(broker, service),
  ...(databases[service] && { DATABASE_URL: databases[service] }),
  ...secretsFor(service, secrets),
});

/** What a service signs or checks with. @returns {Record<string, string>} variables */
export const secretsFor = (service, secrets) => OWN[service]?.(secrets) ?? {};

const OWN = {
  gateway: ({ tokenPublicKey, idempotencySecret }) => ({
    TOKEN_PUBLIC_KEY: tokenPublicKey,
    IDEMPOTENCY_SECRET: idempotencySecret,
  }),
  accounts: ({ tokenPrivateKey }) => ({ TOKEN_PRIVATE_KEY: tokenPrivateKey }),
};
