// @ts-nocheck
import { requireAddresses } from '../addresses.js';
import { StateDirectory } from '../state-directory.js';
import { runningPostgres, startPostgres } from '../postgres/postgres.js';

/**
 * Does something with services' databases: those of DATABASE_URL, else of the private PostgreSQL of `npm start`, which
 * is started for as long as it takes when it does not run.
 * @template T @param {string[]} services @param {(databases: Record<string, { url: string, adminUrl: string }>) => Promise<T>} work @returns {Promise<T>}
 */
export async function withDatabases(services, work) {
  requireAddresses();
  const stateDirectory = new StateDirectory();
  if (process.env.DATABASE_URL) return work(await ensured(process.env.DATABASE_URL, services, stateDirectory));
  const wasRunning = runningPostgres(stateDirectory) !== undefined;
  const postgres = await startPostgres(stateDirectory);
  try {
    return await work(await ensured(postgres.url, services, stateDirectory));
  } finally {
    if (!wasRunning) await postgres.stop();
  }
}

/** `url`: as the owner of the database. */
async function ensured(adminUrl, services, stateDirectory) {
  const { ensureDatabases, migrationUrls } = await import('./databases.js');
  await ensureDatabases(adminUrl, services, stateDirectory, console.log);
  return Object.fromEntries(
    Object.entries(await migrationUrls(adminUrl, services)).map(([service, url]) => [service, { url, adminUrl }]),
  );
}
