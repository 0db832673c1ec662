// The Prisma CLI for one service, offline: npm run prisma -- <service> generate | validate | format | studio | migrate dev --name x ...
import './lib/node-version.mjs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { runTool } from './lib/failure.mjs';
import { prismaCommand, prismaEnvironment } from './lib/prisma-cli.mjs';
import { serviceArgument } from './lib/arguments.mjs';
import { commandLine } from './lib/usage.mjs';
import { withDatabases } from './lib/with-databases.mjs';
import { root } from './lib/workspace.mjs';

/** Commands that only read the schema file; every other one needs the service's database. */
const OFFLINE = ['generate', 'validate', 'format', 'version', '--help', '-h'];

runTool(async () => {
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
