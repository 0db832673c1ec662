// @ts-nocheck
import { Failure } from '@sluice/stack/failure';
import { databaseServices } from '@sluice/stack/workspace';

/** @returns {string} the service named on the command line @throws {Failure} naming the ones there are */
export function serviceArgument(name, usage) {
  const services = databaseServices();
  if (services.includes(name)) return name;
  throw new Failure(
    name ? `there is no service "${name}" in prisma/` : `usage: ${usage}`,
    `Services with a database: ${services.join(', ')}`,
  );
}

/** @returns {string[]} one service, or every one for `all` and for nothing */
export const servicesArgument = (name = 'all', usage) =>
  name === 'all' ? databaseServices() : [serviceArgument(name, usage)];
