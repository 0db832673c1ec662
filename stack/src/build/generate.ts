import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../run.js';
import { databaseServices, inRoot, root } from '../workspace.js';
import { prismaCommand, prismaEnvironment } from './prisma-cli.js';

const CONCURRENCY = 3;

/** Beside the generated client: whoever removes the one removes the other. */
const stampOf = (service: string): string => inRoot('apps', service, 'src/generated', 'schema.sha256');

function digestOf(service: string): string {
  const { version } = JSON.parse(readFileSync(inRoot('node_modules/prisma/package.json'), 'utf8')) as {
    version: string;
  };
  return createHash('sha256')
    .update(version)
    .update(readFileSync(inRoot('prisma', service, 'schema.prisma')))
    .digest('hex');
}

const isCurrent = (service: string): boolean =>
  existsSync(stampOf(service)) && readFileSync(stampOf(service), 'utf8') === digestOf(service);

/** Generates the Prisma clients whose schema has changed. */
export async function generateClients(): Promise<void> {
  const waiting = databaseServices().filter((service) => existsSync(inRoot('apps', service)) && !isCurrent(service));
  const generateNext = async (): Promise<void> => {
    for (let service = waiting.shift(); service; service = waiting.shift()) await generate(service);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, generateNext));
}

async function generate(service: string): Promise<void> {
  const digest = digestOf(service);
  const [program, ...args] = prismaCommand(service, ['generate']);
  await run(program, args, {
    cwd: root,
    env: prismaEnvironment(),
    label: `prisma generate (${service})`,
    fix: `Mend prisma/${service}/schema.prisma`,
  });
  mkdirSync(path.dirname(stampOf(service)), { recursive: true });
  writeFileSync(stampOf(service), digest);
}
