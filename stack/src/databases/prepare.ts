import type { Note } from '../progress.js';
import type { StateDirectory } from '../state-directory.js';
import { databaseServices } from '../workspace.js';
import { ensureDatabases, migrationUrls } from './databases.js';
import { deploy } from './migrations.js';

/**
 * Makes and migrates every service's database.
 * @param url of the administrator
 * @param checkout whose migrations are applied; default: ours
 * @returns each service's own URL
 */
export async function prepareDatabases(
  url: string,
  stateDirectory: StateDirectory,
  { note, printLine, checkout }: { note: Note; printLine: (line: string) => void; checkout?: string | undefined },
): Promise<Record<string, string>> {
  const urls = await ensureDatabases(url, databaseServices(), stateDirectory, printLine);
  const applied: string[] = [];
  for (const [service, own] of Object.entries(await migrationUrls(url, databaseServices())))
    applied.push(...(await deploy(service, { url: own, checkout })));
  if (applied.length > 0) note(`applied ${applied.length} migrations`);
  return urls;
}
