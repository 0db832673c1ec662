import { requireAddresses } from '../addresses.js';
import { runningPostgres, startPostgres } from '../postgres/postgres.js';
import { StateDirectory } from '../state-directory.js';
import { ensureDatabases, migrationUrls } from './databases.js';

export interface MigratedDatabase {
  /** As the owner of the database. */
  url: string;
  /** Of a user who may create databases, for what needs a shadow database. */
  adminUrl: string;
}

type Databases = Record<string, MigratedDatabase>;

/** Works on DATABASE_URL, else on the private PostgreSQL of `npm start`, which it starts when that does not run. */
export async function withDatabases<T>(services: string[], work: (databases: Databases) => Promise<T>): Promise<T> {
  requireAddresses();
  const stateDirectory = new StateDirectory();
  const given = process.env['DATABASE_URL'];
  if (given) return work(await ensured(given, services, stateDirectory));
  const wasRunning = runningPostgres(stateDirectory) !== undefined;
  const postgres = await startPostgres(stateDirectory);
  try {
    return await work(await ensured(postgres.url, services, stateDirectory));
  } finally {
    if (!wasRunning) await postgres.stop();
  }
}

async function ensured(adminUrl: string, services: string[], stateDirectory: StateDirectory): Promise<Databases> {
  await ensureDatabases(adminUrl, services, stateDirectory, console.log);
  const urls = Object.entries(await migrationUrls(adminUrl, services));
  return Object.fromEntries(urls.map(([service, url]) => [service, { url, adminUrl }]));
}
