// @ts-nocheck
import { databaseName } from '@sluice/stack/databases/databases';
import { Failure } from '@sluice/stack/failure';
import { runningPostgres, startPostgres } from '@sluice/stack/postgres/postgres';
import { runningRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import { databaseServices } from '@sluice/stack/workspace';

const NEEDED = 'Start one (npm start), or set DATABASE_URL, AMQP_URL and AMQP_MANAGEMENT_URL.';

/**
 * The system that these variables name, else the one that runs here. DATABASE_URL is an administrator's; a service whose
 * database is elsewhere is named by DATABASE_URL_<SERVICE>.
 * @param {import('@sluice/stack/state-directory').Home} stateDirectory @param {NodeJS.ProcessEnv} env
 * @throws {Failure} when there is none
 */
export async function systemOf(stateDirectory, env) {
  const services = databaseServices();
  const own = Object.fromEntries(
    services.map((service) => [service, env[`DATABASE_URL_${service.replaceAll('-', '_').toUpperCase()}`]]),
  );
  const server =
    env.DATABASE_URL || (services.every((service) => own[service]) ? undefined : await ourServer(stateDirectory));
  return {
    databases: Object.fromEntries(services.map((service) => [service, own[service] || databaseOn(server, service)])),
    broker: await brokerOf(stateDirectory, env),
  };
}

/** As the administrator, who may look into every service's database. @param {string} server */
export const databaseOn = (server, service) =>
  Object.assign(new URL(server), { pathname: `/${databaseName(service)}` }).href;

async function ourServer(stateDirectory) {
  if (!runningPostgres(stateDirectory))
    throw new Failure(`no system: no \`npm start\` is running in ${stateDirectory.dir}`, NEEDED);
  return (await startPostgres(stateDirectory)).url; // it is taken over
}

async function brokerOf(stateDirectory, { AMQP_URL: url, AMQP_MANAGEMENT_URL: managementUrl }) {
  if (url) return { url, managementUrl: managementUrl || undefined };
  const rabbit = await runningRabbit(stateDirectory);
  if (!rabbit) throw new Failure(`no broker: no \`npm start\` is running in ${stateDirectory.dir}`, NEEDED);
  return { url: rabbit.url, managementUrl: rabbit.managementUrl };
}
