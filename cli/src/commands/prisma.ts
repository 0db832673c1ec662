// @ts-nocheck
// The Prisma CLI for one service, offline: npm run prisma -- <service> generate | validate | format | studio | migrate dev --name x ...
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { runCommand } from '@sluice/stack/failure';
import { prismaCommand, prismaEnvironment } from '@sluice/stack/build/prisma-cli';
import { serviceArgument } from '../arguments.js';
import { commandLine } from '@sluice/stack/usage';
import { withDatabases } from '@sluice/stack/databases/with-databases';
import { root } from '@sluice/stack/workspace';

/** Commands that only read the schema file; every other one needs the service's database. */
const OFFLINE = ['generate', 'validate', 'format', 'version', '--help', '-h'];

runCommand(async () => {
  const [name, ...args] = commandLine('prisma').words;
  const service = serviceArgument(name, 'npm run prisma -- <service> <command>');
  if (OFFLINE.includes(args[0] ?? '--help')) return prisma(service, args);
  return withDatabases([service], async (databases) => prisma(service, args, databases[service]));
});

async function prisma(service, args, database) {
  const [program, ...rest] = prismaCommand(service, args);
  const child = spawn(program, rest, { cwd: root, stdio: 'inherit', env: prismaEnvironment(database) });
  const [code] = await once(child, 'exit');
  return code ?? 1;
}
