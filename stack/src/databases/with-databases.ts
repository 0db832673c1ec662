// @ts-nocheck
import { requireAddresses } from '../addresses.js';
import { Home } from '../home.js';
import { runningPostgres, startPostgres } from '../postgres/postgres.js';

/**
 * Does something with services' databases: those of DATABASE_URL, else of the private PostgreSQL of `npm start`, which
 * is started for as long as it takes when it does not run.
 * @template T @param {string[]} services @param {(databases: Record<string, { url: string, adminUrl: string }>) => Promise<T>} work @returns {Promise<T>}
 */
export async function withDatabases(services, work) {
  requireAddresses();
  const home = new Home();
  if (process.env.DATABASE_URL) return work(await ensured(process.env.DATABASE_URL, services, home));
  const wasRunning = runningPostgres(home) !== undefined;
  const postgres = await startPostgres(home);
  try {
    return await work(await ensured(postgres.url, services, home));
  } finally {
    if (!wasRunning) await postgres.stop();
  }
}

/** `url`: as the owner of the database. */
async function ensured(adminUrl, services, home) {
  const { ensureDatabases, migrationUrls } = await import('./databases.js');
  await ensureDatabases(adminUrl, services, home, console.log);
  return Object.fromEntries(
    Object.entries(await migrationUrls(adminUrl, services)).map(([service, url]) => [service, { url, adminUrl }]),
  );
}
