import { prismaCommand, prismaEnvironment } from '@sluice/stack/build/prisma-cli';
import { withDatabases } from '@sluice/stack/databases/with-databases';
import { serviceArgument } from '../arguments.js';
import { defineCommand, NO_LIMIT } from '../command.js';
import { runProgram } from '../run-program.js';

/** Commands that only read the schema file; every other one needs the service's database. */
const OFFLINE = ['generate', 'validate', 'format', 'version', '--help', '-h'];

export const command = defineCommand({
  usage: `npm run prisma -- <service> <command of prisma> ...
Such as: npm run prisma -- orders validate`,
  words: [1, NO_LIMIT],
  passes: true,
  run: async ({ words: [name, ...args] }) => {
    const service = serviceArgument(name, 'npm run prisma -- <service> <command>');
    const [program = '', ...rest] = prismaCommand(service, args);
    const prisma = (env: NodeJS.ProcessEnv): Promise<number> => runProgram(program, rest, { env });
    if (OFFLINE.includes(args[0] ?? '--help')) return prisma(prismaEnvironment(undefined));
    return withDatabases([service], (databases) => prisma(prismaEnvironment(databases[service])));
  },
});
