import { Failure } from '@sluice/stack/failure';
import { databaseServices } from '@sluice/stack/workspace';

/** The service that was named on the command line. @throws {Failure} naming the services that there are */
export function serviceArgument(name: string | undefined, usage: string): string {
  const services = databaseServices();
  if (name !== undefined && services.includes(name)) return name;
  throw new Failure(
    name ? `there is no service "${name}" in prisma/` : `usage: ${usage}`,
    `Services with a database: ${services.join(', ')}`,
  );
}

/** A service, or every one for `all` and for nothing. */
export const servicesArgument = (name = 'all', usage: string): string[] =>
  name === 'all' ? databaseServices() : [serviceArgument(name, usage)];
