// @ts-nocheck
import { databaseServices } from '../workspace.js';

/**
 * Makes every service's database and brings it up to its migrations.
 * @param {string} url of the administrator @param {import('../state-directory.js').StateDirectory} stateDirectory
 * @param {{ tell: (what: string) => void, say: (line: string) => void }} options
 * @returns {Promise<Record<string, string>>} every service's own URL
 */
export async function prepareDatabases(url, stateDirectory, { note, printLine }) {
  const [{ ensureDatabases, migrationUrls }, { deploy }] = await Promise.all([
    import('./databases.js'),
    import('./migrations.js'),
  ]);
  const urls = await ensureDatabases(url, databaseServices(), stateDirectory, printLine);
  const applied = [];
  for (const [service, own] of Object.entries(await migrationUrls(url, databaseServices())))
    applied.push(...(await deploy(service, { url: own })));
  if (applied.length > 0) note(`applied ${applied.length} migrations`);
  return urls;
}
