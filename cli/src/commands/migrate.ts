import { withDatabases } from '@sluice/stack/databases/with-databases';
import { servicesArgument } from '../arguments.js';
import { defineCommand } from '../command.js';
import { isMigrationAction, MIGRATION_ACTIONS } from '../migrations.js';

export const command = defineCommand({
  usage: `npm run migrate -- deploy | status | check [service | all]
npm run migrate -- create <service> <name>
The migrations of the services' databases.`,
  words: [1, 3],
  run: async ({ words: [action = '', target, name], mistake }) => {
    if (!isMigrationAction(action)) throw mistake(`not understood: ${action}`);
    if ((action === 'create') !== Boolean(name))
      throw mistake(action === 'create' ? 'a new migration needs a service and a name' : `not understood: ${name}`);
    const services = servicesArgument(target, 'npm run migrate -- <command> <service>');
    let code = 0;
    await withDatabases(services, async (databases) => {
      for (const [service, database] of Object.entries(databases)) {
        const { line, bad } = await MIGRATION_ACTIONS[action](service, database, name);
        console.log(`${service}: ${line}`);
        if (bad) code = 1;
      }
    });
    return code;
  },
});
