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
 * @param {import('@sluice/stack/home').Home} home @param {NodeJS.ProcessEnv} env
 * @throws {Failure} when there is none
 */
export async function systemOf(home, env) {
  const services = databaseServices();
  const own = Object.fromEntries(
    services.map((service) => [service, env[`DATABASE_URL_${service.replaceAll('-', '_').toUpperCase()}`]]),
  );
  const server = env.DATABASE_URL || (services.every((service) => own[service]) ? undefined : await ourServer(home));
  return {
    databases: Object.fromEntries(services.map((service) => [service, own[service] || databaseOn(server, service)])),
    broker: await brokerOf(home, env),
  };
}

/** As the administrator, who may look into every service's database. @param {string} server */
export const databaseOn = (server, service) =>
  Object.assign(new URL(server), { pathname: `/${databaseName(service)}` }).href;

async function ourServer(home) {
  if (!runningPostgres(home)) throw new Failure(`no system: no \`npm start\` is running in ${home.dir}`, NEEDED);
  return (await startPostgres(home)).url; // it is taken over
}

async function brokerOf(home, { AMQP_URL: url, AMQP_MANAGEMENT_URL: managementUrl }) {
  if (url) return { url, managementUrl: managementUrl || undefined };
  const rabbit = await runningRabbit(home);
  if (!rabbit) throw new Failure(`no broker: no \`npm start\` is running in ${home.dir}`, NEEDED);
  return { url: rabbit.url, managementUrl: rabbit.managementUrl };
}
