/** Of our own environment these stay here: they are the administrator's, or npm's. */
const OURS = /^(npm_|INIT_CWD$|DATABASE_URL$|AMQP_|HEALTH_PORT$|PORT$|SLUICE_|TOKEN_PUBLIC_KEY$|TOKEN_PRIVATE_KEY$|IDEMPOTENCY_SECRET$)/;

/**
 * The environment of one service: its own database, and of the secrets only those that are its business.
 * @param {string} service
 * @param {{ broker: { url: string, managementUrl?: string }, databases: Record<string, string>, secrets: ReturnType<typeof import('./secrets.mjs').secretsOf>, port: number, healthPort: number, cache: string }} system
 * @param {NodeJS.ProcessEnv} [inherited] settings that the caller gave, such as PAYMENT_WINDOW_SECONDS
 */
export function environmentOf(service, { broker, databases, secrets, port, healthPort, cache }, inherited = process.env) {
  const passed = Object.fromEntries(Object.entries(inherited).filter(([name]) => !OURS.test(name)));
  return {
    NODE_ENV: 'development',
    DEV_SEED: 'true',
    NODE_COMPILE_CACHE: cache, // Node 22 and later boot faster from it
    ...passed,
    HEALTH_PORT: String(healthPort),
    ...(service === 'gateway' && { PORT: String(port) }),
    ...credentialsOf(service, { broker, databases, secrets }),
  };
}

/**
 * Where a service finds its servers, and what it signs or checks with.
 * @param {string} service
 * @param {{ broker: { url: string, managementUrl?: string }, databases: Record<string, string>, secrets: ReturnType<typeof import('./secrets.mjs').secretsOf> }} system
 * @returns {Record<string, string>} variables
 */
export const credentialsOf = (service, { broker, databases, secrets }) => ({
  AMQP_URL: broker.url,
  ...(databases[service] && { DATABASE_URL: databases[service] }),
  ...OWN[service]?.({ broker, secrets }),
});

const OWN = {
  gateway: ({ broker, secrets }) => ({
    TOKEN_PUBLIC_KEY: secrets.tokenPublicKey,
    IDEMPOTENCY_SECRET: secrets.idempotencySecret,
    ...(broker.managementUrl && { AMQP_MANAGEMENT_URL: broker.managementUrl }),
  }),
  accounts: ({ secrets }) => ({ TOKEN_PRIVATE_KEY: secrets.tokenPrivateKey }),
};
