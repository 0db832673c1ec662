import { applyMigrations, deploy, migrationsOf } from '@sluice/stack/databases/migrations';
import { migrationUrls } from '@sluice/stack/databases/databases';
import { queryRows } from '@sluice/stack/databases/query-rows';
import { freePort } from '@sluice/stack/ports';
import { startPostgres } from '@sluice/stack/postgres/postgres';
import { applyMap } from '@sluice/stack/rabbitmq/topology';
import { withUsers } from '@sluice/stack/rabbitmq/users';
import type { StateDirectory } from '@sluice/stack/state-directory';
import { databaseServices } from '@sluice/stack/workspace';
import { required, type Begin } from '../active-fault.js';
import { GATEWAY } from '../plan.js';
import { CHANGED_DATABASE } from './next-version.js';

/** Migrations and topology of the next version, under the processes of the version before. */
export const expand: Begin<'expand'> = async (_, { stateDirectory, servers, ...system }) => {
  const { checkout } = required(system.next, 'next version');
  for (const [service, url] of Object.entries(await ownerUrls(stateDirectory)))
    await deploy(service, { url, checkout });
  await applyMap(await withUsers(stateDirectory, (await servers()).broker, { ours: true }));
};

/** The oldest process of the service by one of the next version. */
export const replace: Begin<'replace'> = async ({ service, beside }, { supervisor, ...system }) => {
  const { checkout, settings } = required(system.next, 'next version');
  const old = required(supervisor.processesOf(service)[0], `process of ${service}`);
  const start = async (): Promise<unknown> =>
    supervisor.another(
      service,
      { ...settings, ...(service === GATEWAY && { PORT: String(await freePort()) }) },
      checkout,
    );
  const end = async (): Promise<void> => {
    await supervisor.end(old);
    if (old.exitCode !== 0) throw new Error(`${service} did not stop in order: exit code ${old.exitCode}`);
  };
  if (beside) await start();
  else await end().then(start);
  return { end: beside ? end : () => {} };
};

/** What had to wait until no process of the version before runs: the next version's own settings, and a migration. */
export const contract: Begin<'contract'> = async (_, { supervisor, stateDirectory, ...system }) => {
  const next = required(system.next, 'next version');
  if (Object.keys(next.settings).length > 0)
    for (const service of supervisor.names.filter((name) => name !== GATEWAY)) await supervisor.restart(service, {});
  if (next.contract.length === 0) return;
  const url = required((await ownerUrls(stateDirectory))[CHANGED_DATABASE], 'database');
  const [written] = await queryRows<Written>(url, WRITTEN);
  await applyMigrations(url, [...(await migrationsOf(CHANGED_DATABASE, next.checkout)), ...next.contract]);
  return { end: () => {}, observe: () => written !== undefined && written.before > 0 && written.next > 0 };
};

/** How many rows each version has written: the one before knows nothing of the column. */
interface Written {
  before: number;
  next: number;
}
const WRITTEN = `SELECT (count(*) FILTER (WHERE receipt IS NULL))::int AS before, (count(*) FILTER (WHERE receipt <> payment_id::text))::int AS next
  FROM orders WHERE payment_id IS NOT NULL`;

/** Where migrations run, by service. */
const ownerUrls = async (stateDirectory: StateDirectory): Promise<Record<string, string>> =>
  migrationUrls((await startPostgres(stateDirectory)).url, databaseServices()); // the running one is taken over
