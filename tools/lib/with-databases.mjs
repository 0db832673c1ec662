import { requireAddresses } from './addresses.mjs';
import { Home } from './home.mjs';
import { runningPostgres, startPostgres } from './postgres.mjs';

/**
 * Does something with services' databases: those of DATABASE_URL, else of the private PostgreSQL of `npm start`, which
 * is started for as long as it takes when it does not run.
 * @template T @param {string[]} services @param {(databases: Record<string, { url: string, adminUrl: string }>) => Promise<T>} work @returns {Promise<T>}
 */
export async function withDatabases(services, work) {
  requireAddresses();
  const home = new Home();
  const { ensureDatabases } = await import('./databases.mjs');
  if (process.env.DATABASE_URL) return work(withAdmin(await ensureDatabases(process.env.DATABASE_URL, services, home, console.log), process.env.DATABASE_URL));
  const wasRunning = runningPostgres(home) !== undefined;
  const postgres = await startPostgres(home);
  try {
    return await work(withAdmin(await ensureDatabases(postgres.url, services, home), postgres.url));
  } finally {
    if (!wasRunning) await postgres.stop();
  }
}

const withAdmin = (urls, adminUrl) => Object.fromEntries(Object.entries(urls).map(([service, url]) => [service, { url, adminUrl }]));
