import { databaseName } from '@sluice/stack/databases/databases';
import { Failure } from '@sluice/stack/failure';
import { runningPostgresUrl } from '@sluice/stack/postgres/postgres';
import { administratorsBroker } from '@sluice/stack/rabbitmq/administration';
import type { StateDirectory } from '@sluice/stack/state-directory';
import { databaseServices } from '@sluice/stack/workspace';
import type { AuditedSystem } from './audit.js';

/**
 * The system that these variables name, else the one that runs here. DATABASE_URL is an administrator's; a service
 * whose database is elsewhere is named by DATABASE_URL_<SERVICE>.
 * @throws Failure when there is none
 */
export async function systemOf(stateDirectory: StateDirectory, env: NodeJS.ProcessEnv): Promise<AuditedSystem> {
  const own = (service: string): string | undefined =>
    env[`DATABASE_URL_${service.replaceAll('-', '_').toUpperCase()}`] || undefined;
  const missing = databaseServices().filter((service) => !own(service));
  const server = missing.length > 0 ? env['DATABASE_URL'] || (await localPostgres(stateDirectory)) : '';
  const url = (service: string): string => own(service) ?? databaseOn(server, service);
  return {
    databases: Object.fromEntries(databaseServices().map((service) => [service, url(service)])),
    broker: await administratorsBroker(stateDirectory, env),
  };
}

/** A service's database, as the administrator of the server. */
export const databaseOn = (server: string, service: string): string =>
  Object.assign(new URL(server), { pathname: `/${databaseName(service)}` }).href;

async function localPostgres(stateDirectory: StateDirectory): Promise<string> {
  const url = await runningPostgresUrl(stateDirectory);
  if (url) return url;
  throw new Failure(
    `no system: no \`npm start\` is running in ${stateDirectory.dir}`,
    'Start one (npm start), or set DATABASE_URL, AMQP_URL and AMQP_MANAGEMENT_URL.',
  );
}
