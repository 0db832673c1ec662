// @ts-nocheck
// The services' database migrations: npm run migrate -- deploy|status|check [service|all], or create <service> <name>
import { servicesArgument } from '../arguments.js';
import { runCommand } from '@sluice/stack/failure';
import { check, create, status } from '@sluice/stack/databases/make-migrations';
import { deploy } from '@sluice/stack/databases/migrations';
import { COMMANDS as USAGES, commandLine, mistake } from '@sluice/stack/usage';
import { withDatabases } from '@sluice/stack/databases/with-databases';

const USAGE = USAGES.migrate.usage;

/** What each command does for one service: the line to print, and whether all is well. */
const COMMANDS = {
  async deploy(service, database) {
    const applied = await deploy(service, database);
    return { line: applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to apply' };
  },
  async status(service, database) {
    return { line: await status(service, database) };
  },
  async check(service, database) {
    const missing = await check(service, database);
    return missing
      ? { line: `the migrations lack, against schema.prisma:\n${missing}`, bad: true }
      : { line: 'migrations and schema.prisma agree' };
  },
  async create(service, database, name) {
    return { line: (await create(service, database, name)) ?? 'nothing to change' };
  },
};

runCommand(async () => {
  const [command, target, name] = commandLine('migrate').words;
  if (!Object.hasOwn(COMMANDS, command)) throw mistake(USAGE, `not understood: ${command}`);
  if ((command === 'create') !== Boolean(name))
    throw mistake(
      USAGE,
      command === 'create' ? 'a new migration needs a service and a name' : `not understood: ${name}`,
    );
  const services = servicesArgument(target, USAGE);
  let code = 0;
  await withDatabases(services, async (databases) => {
    for (const service of services) {
      const { line, bad } = await COMMANDS[command](service, databases[service], name);
      console.log(`${service}: ${line}`);
      if (bad) code = 1;
    }
  });
  return code;
});
