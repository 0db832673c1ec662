// @ts-nocheck
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { prismaCommand, prismaEnvironment } from './prisma-cli.js';
import { run } from '../run.js';
import { databaseServices, inRoot, root } from '../workspace.js';

const TOGETHER = 3;

/** Beside the generated client: whoever removes the one removes the other. */
const stampOf = (service) => inRoot('apps', service, 'src/generated', 'schema.sha256');

function digestOf(service) {
  const { version } = JSON.parse(readFileSync(inRoot('node_modules/prisma/package.json'), 'utf8'));
  return createHash('sha256')
    .update(version)
    .update(readFileSync(inRoot('prisma', service, 'schema.prisma')))
    .digest('hex');
}

const isCurrent = (service) =>
  existsSync(stampOf(service)) && readFileSync(stampOf(service), 'utf8') === digestOf(service);

/** Generates the Prisma clients whose schema has changed. @returns {Promise<string[]>} their services */
export async function generateClients() {
  const changed = databaseServices().filter((service) => existsSync(inRoot('apps', service)) && !isCurrent(service));
  const waiting = [...changed];
  const generateNext = async () => {
    for (let service = waiting.shift(); service; service = waiting.shift()) await generate(service);
  };
  await Promise.all(Array.from({ length: TOGETHER }, generateNext));
  return changed;
}

async function generate(service) {
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
