// Creates users for load tests: node dist/dev-users/main.js <count> prints a token for each, one per line.
// Development only.
import { once } from 'node:events';
import { createPool } from '@sluice/persistence';
import { CommonConfig, DatabaseConfig, prepare, wholeNumber } from '@sluice/service-kit';
import { z } from 'zod';
import { AccountsConfig, limitsOf } from '../config.js';
import { devTokens, MAX_USERS } from './dev-users.js';

const Config = z.object({
  ...CommonConfig.pick({ LOG_LEVEL: true, LOG_FORMAT: true }).shape,
  ...AccountsConfig.omit({ DEV_SEED: true }).shape,
  NODE_ENV: CommonConfig.shape.NODE_ENV.refine(
    (name) => name !== 'production',
    'users without a password are refused in production',
  ),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: "must be the postgresql:// URL of accounts' database" }),
  DATABASE_CA: DatabaseConfig.shape.DATABASE_CA,
  USERS: wholeNumber(1, MAX_USERS),
});

async function print(tokens: string[]): Promise<void> {
  if (!process.stdout.write(`${tokens.join('\n')}\n`)) await once(process.stdout, 'drain');
}

async function main(): Promise<void> {
  const { config } = await prepare({ name: 'dev-users', config: Config }, { ...process.env, USERS: process.argv[2] });
  const pool = createPool(config.DATABASE_URL, { max: 2, ca: config.DATABASE_CA });
  try {
    const issuer = { privateKey: config.TOKEN_PRIVATE_KEY, ttlSeconds: config.TOKEN_TTL_SECONDS };
    const options = { issuer, limits: limitsOf(config) };
    for await (const tokens of devTokens(pool, options, config.USERS, new Date())) await print(tokens);
  } finally {
    await pool.end();
  }
}

/** The reader may close the pipe early, as `head` does. */
process.stdout.on('error', () => process.exit(0));
main().catch((error: unknown) => {
  process.stderr.write(`dev:users: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
