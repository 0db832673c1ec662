import { databaseName } from '@sluice/stack/databases/databases';
import { Failure } from '@sluice/stack/failure';
import { runningPostgres, startPostgres } from '@sluice/stack/postgres/postgres';
import { runningRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import type { StateDirectory } from '@sluice/stack/state-directory';
import { databaseServices } from '@sluice/stack/workspace';
import type { Broker } from '@sluice/stack/rabbitmq/users';
import type { AuditedSystem } from './audit.js';

const NEEDED = 'Start one (npm start), or set DATABASE_URL, AMQP_URL and AMQP_MANAGEMENT_URL.';

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
    broker: env['AMQP_URL']
      ? { url: env['AMQP_URL'], managementUrl: env['AMQP_MANAGEMENT_URL'] || undefined }
      : await localBroker(stateDirectory),
  };
}

/** A service's database, as the administrator of the server. */
export const databaseOn = (server: string, service: string): string =>
  Object.assign(new URL(server), { pathname: `/${databaseName(service)}` }).href;

async function localPostgres(stateDirectory: StateDirectory): Promise<string> {
  if (!runningPostgres(stateDirectory))
    throw new Failure(`no system: no \`npm start\` is running in ${stateDirectory.dir}`, NEEDED);
  return (await startPostgres(stateDirectory)).url; // the running one is taken over
}

async function localBroker(stateDirectory: StateDirectory): Promise<Broker> {
  const rabbit = await runningRabbit(stateDirectory);
  if (!rabbit) throw new Failure(`no broker: no \`npm start\` is running in ${stateDirectory.dir}`, NEEDED);
  return { url: rabbit.url, managementUrl: rabbit.managementUrl };
}
