import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { INVARIANTS } from '@sluice/audit/checks';
import { OPERATED } from '@sluice/contracts';
import { ServiceManifest } from '@sluice/stack/services/manifest';
import { allServices, databaseServices, inRoot, manifestOf } from '@sluice/stack/workspace';
import { CALLS_OUTSIDE, SERVICES, usersOf, WORK } from '@sluice/topology';
import { networksOf, readCompose } from './testing/compose.js';
import { declaredBy, differences, needsOf } from './testing/needs.js';

const compose = readCompose();
const manifestFile = (service: string): string => `apps/${service}/service.json`;
const text = (...file: string[]): string => readFileSync(inRoot(...file), 'utf8');
const json = <T>(...file: string[]): T => JSON.parse(text(...file)) as T;
const foldersWith = (parent: string, file: string): string[] =>
  readdirSync(inRoot(parent)).filter((name) => existsSync(inRoot(parent, name, file)));

it('names what a file lacks, and what it has without need', () => {
  const [has, needs] = [
    ['PREFETCH', 'COLOUR'],
    ['OUTSIDE_FOR_SECONDS', 'PREFETCH'],
  ];
  expect(differences('docker-compose.yml: service loyalty', 'the variable', { has, needs })).toEqual([
    'docker-compose.yml: service loyalty lacks the variable OUTSIDE_FOR_SECONDS',
    'docker-compose.yml: service loyalty has the variable COLOUR, which nothing needs',
  ]);
});

describe('the manifests', () => {
  it('are there for every app with an entry point', () => {
    const needs = foldersWith('apps', 'src/main.ts');
    expect(differences('apps', 'the manifest of', { has: allServices(), needs })).toEqual([]);
    expect(allServices()).toContain('gateway');
  });

  it.each(allServices())('fits its form: %s', (service) => {
    const issues = ServiceManifest.safeParse(manifestOf(service)).error?.issues ?? [];
    const faults = issues.map(({ path, message }) => `${manifestFile(service)}: ${path.join('.')}: ${message}`);
    const names = { has: [manifestOf(service).name], needs: [service] };
    expect([...faults, ...differences(manifestFile(service), 'the name', names)]).toEqual([]);
  });

  it.each(allServices())('lists the secrets and the services outside that config.ts reads: %s', async (service) => {
    const { secrets = [], outside = {} } = manifestOf(service);
    const read = await declaredBy(service);
    expect([
      ...differences(manifestFile(service), 'the secret', { has: secrets, needs: read.secrets }),
      ...differences(manifestFile(service), 'the service outside', { has: Object.keys(outside), needs: read.outside }),
    ]).toEqual([]);
  });

  it.each(allServices())('names rules that exist, and its line of the audit: %s', (service) => {
    const { rules = { files: [], specs: [] }, audit } = manifestOf(service);
    const files = [...rules.files.map((file) => `${file}.ts`), ...rules.specs.map((file) => `${file}.spec.ts`)];
    const named = [...files, ...(audit ? ['invariants.ts'] : [])];
    const missing = named.filter((file) => !existsSync(inRoot('apps', service, 'src', file)));
    expect(missing.map((file) => `${manifestFile(service)} implies src/${file}, which does not exist`)).toEqual([]);
    const has = INVARIANTS.map(({ name }) => name).filter((name) => name === audit);
    expect(differences('audit/src/checks.ts', 'the line', { has, needs: audit ? [audit] : [] })).toEqual([]);
  });
});

describe('the code of a service', () => {
  it.each(allServices())('starts as its manifest says: %s', (service) => {
    const main = text('apps', service, 'src/main.ts');
    const has = [...main.matchAll(/database: true|(?<=name: |runProcess\()'[a-z-]+'/g)].map(([found]) => found);
    const needs = [`'${service}'`, ...(manifestOf(service).database ? ['database: true'] : [])];
    expect(differences(`apps/${service}/src/main.ts`, 'the option', { has, needs })).toEqual([]);
  });

  it('belongs to the audit where it has invariants', () => {
    const has = allServices().filter((service) => manifestOf(service).audit);
    const needs = foldersWith('apps', 'src/invariants.ts');
    expect(differences('the audit', 'the service', { has, needs })).toEqual([]);
  });

  it.each(allServices())('is a project of its own: %s', (service) => {
    const { name, nx } = json<{ name: string; nx: { name: string; tags: string[] } }>('apps', service, 'package.json');
    const has = [name, nx.name, ...nx.tags];
    const needs = [`@sluice/${service}`, service, 'type:app', `scope:${service}`];
    expect(differences(`apps/${service}/package.json`, 'the name or tag', { has, needs })).toEqual([]);
  });

  it('has migrations where it has a database, and nowhere else', () => {
    const has = foldersWith('prisma', 'schema.prisma');
    expect(differences('prisma', 'the schema of', { has, needs: databaseServices() })).toEqual([]);
  });

  it.each(databaseServices())('finds its Prisma client in its own folder: %s', (service) => {
    const has = [/output += "(.*)"/.exec(text('prisma', service, 'schema.prisma'))?.[1] ?? ''];
    const needs = [`../../apps/${service}/src/generated/prisma`];
    expect(differences(`prisma/${service}/schema.prisma`, 'the output', { has, needs })).toEqual([]);
  });
});

describe('the workspace', () => {
  const projects = ['apps', 'libs', 'examples'].flatMap((parent) =>
    foldersWith(parent, 'package.json').map((name) => `${parent}/${name}`),
  );
  const isProject = (name: string): boolean => /^(apps|libs|examples)\//.test(name);

  // The example take-the-libraries is built outside of the workspace, with the packed libraries; the page by a command of
  // its own, after those that are compiled.
  const isCompiled = (project: string): boolean => {
    const { build } = json<{ nx: { targets: { build?: object } } }>(`${project}/package.json`).nx.targets;
    return build !== undefined && !('command' in build);
  };

  it('compiles every project with a target for it', () => {
    const { references } = json<{ references: { path: string }[] }>('tsconfig.build.json');
    const has = references.map(({ path }) => path.replace('./', '')).filter(isProject);
    const needs = projects.filter(isCompiled);
    expect(differences('tsconfig.build.json', 'the reference', { has, needs })).toEqual([]);
  });

  it('has every project in its lock file, without which `npm ci` fails', () => {
    const { packages } = json<{ packages: Record<string, unknown> }>('package-lock.json');
    const has = Object.keys(packages).filter(isProject);
    expect(differences('package-lock.json', 'the package', { has, needs: projects })).toEqual([]);
  });
});

describe('the map and the contracts', () => {
  it('give every service a user on the broker', () => {
    const has = usersOf(WORK).map(({ name }) => name);
    expect(differences('topology/src/map.ts', 'the service', { has, needs: allServices() })).toEqual([]);
  });

  it('know the contracts of every service with a database', () => {
    const others = OPERATED.filter((service) => allServices().includes(service));
    const needs = [...new Set([...databaseServices(), ...others])];
    expect(differences('libs/contracts/src/catalogue.ts', 'the service', { has: OPERATED, needs })).toEqual([]);
  });

  it('give long retries to the services that call a service outside for a message', () => {
    const has = [...new Set(CALLS_OUTSIDE.map((queue) => queue.split('.', 1).join()))];
    const needs = Object.keys(SERVICES).filter((service) => manifestOf(service).outside);
    expect(differences('CALLS_OUTSIDE in topology/src/map.ts', 'a queue of', { has, needs })).toEqual([]);
  });
});

describe('docker-compose.yml', () => {
  const where = (service: string): string => `docker-compose.yml: service ${service}`;
  const variablesOf = (service: string): [string, string | null][] =>
    Object.entries(compose.service(service).environment ?? {});

  it.each(allServices())('gives %s the variables that it reads, and no others', async (service) => {
    const { variables, files } = await needsOf(service);
    const has = variablesOf(service).map(([name]) => name);
    const needs = [...variables, ...files.map((name) => `${name}_FILE`)];
    expect(differences(where(service), 'the variable', { has, needs })).toEqual([]);
  });

  it.each(allServices())('gives %s each secret as a file of its own folder', async (service) => {
    const { files } = await needsOf(service);
    const given = Object.fromEntries(variablesOf(service));
    const wrong = files.filter((name) => given[`${name}_FILE`] !== `/run/secrets/${name}`);
    expect(wrong.map((name) => `${where(service)}: ${name}_FILE is not /run/secrets/${name}`)).toEqual([]);
  });

  it.each(allServices())('connects %s to the networks that it needs', async (service) => {
    const has = networksOf(compose.service(service));
    const { networks: needs } = await needsOf(service);
    expect(differences(where(service), 'the network', { has, needs })).toEqual([]);
  });

  it.each(allServices())('publishes the port of %s for clients, if it has one', async (service) => {
    const { http } = await needsOf(service);
    const has = (compose.service(service).ports ?? []).map(String);
    const needs = http ? ['127.0.0.1:${PORT:-8080}:' + http] : [];
    expect(differences(where(service), 'the port', { has, needs })).toEqual([]);
    expect(text('Dockerfile')).toContain(`PORT=${http ?? 8080} HEALTH_PORT=`);
  });

  it.each(allServices())('limits the memory of %s', async (service) => {
    const has = [compose.service(service).mem_limit ?? ''];
    const needs = [`${(await needsOf(service)).memoryMb}m`];
    expect(differences(where(service), 'the mem_limit', { has, needs })).toEqual([]);
  });

  it.each(allServices())('starts %s after its database and its queues, and waits for no other service', (service) => {
    const has = Object.keys(compose.service(service).depends_on ?? {});
    const needs = ['databases', 'topology'];
    expect(differences(where(service), 'the dependency on', { has, needs })).toEqual([]);
  });
});
