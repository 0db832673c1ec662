import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CommonConfig, ConsumerConfig, DatabaseConfig } from '../../libs/service-kit/src/environment.ts';
import { GIVEN } from './container-secrets.mjs';
import { allServices, databaseServices, inRoot } from './workspace.mjs';

const compose = parse(readFileSync(inRoot('docker-compose.yml'), 'utf8'), { merge: true });
const dockerfile = readFileSync(inRoot('Dockerfile'), 'utf8');
const all = Object.entries(compose.services);
/** What `docker compose up` starts; the others belong to a profile. */
const containers = all.filter(([, { profiles }]) => !profiles);
const steps = ['secrets', 'databases', 'topology'];
const servers = ['postgres', 'rabbitmq'];
const variablesOf = (name) => Object.keys(compose.services[name].environment ?? {});
const plain = (name) => name.replace(/_FILE$/, '');

/** The variables that a service's own code knows. */
async function knownTo(service) {
  const isConfig = ([name, value]) => name.endsWith('Config') && value.shape !== undefined;
  const own = readdirSync(inRoot('apps', service, 'src')).includes('config.ts') ? Object.entries(await import(inRoot('apps', service, 'src/config.ts'))).filter(isConfig) : [];
  const common = service === 'gateway' ? [CommonConfig] : [ConsumerConfig, DatabaseConfig];
  return new Set([...common, ...own.map(([, config]) => config)].flatMap(({ shape }) => Object.keys(shape)));
}

describe('docker-compose.yml', () => {
  it('runs every app, and nothing that is none', () => {
    const services = containers.map(([name]) => name).filter((name) => ![...steps, ...servers].includes(name));
    expect(services.sort()).toEqual(allServices());
  });

  it.each(allServices())('builds and mounts for %s what is its own', (service) => {
    const { build, image, volumes } = compose.services[service];
    expect(image).toBe(`sluice/${service}`);
    expect(build).toEqual({ context: '.', target: 'service', args: { SERVICE: service } });
    expect(volumes).toEqual([{ type: 'volume', source: 'secrets', target: '/run/secrets', read_only: true, volume: { subpath: service, nocopy: true } }]);
  });

  it.each(allServices())('sets no variable that %s does not know', async (service) => {
    const known = await knownTo(service);
    expect(variablesOf(service).filter((name) => !known.has(name) && !known.has(plain(name)))).toEqual([]);
  });

  it.each(allServices())('passes to %s every setting that it knows, or its image says it', async (service) => {
    const inImage = ['HOST', 'PORT', 'HEALTH_PORT'];
    const passed = variablesOf(service).map(plain);
    expect([...(await knownTo(service))].filter((name) => !passed.includes(name) && !inImage.includes(name))).toEqual([]);
  });

  it('gives the steps only what they read', () => {
    expect(variablesOf('secrets').sort()).toEqual([...GIVEN].sort());
    const read = ['main.ts', 'settings.ts'].map((file) => readFileSync(inRoot('topology/src', file), 'utf8')).join('');
    expect(variablesOf('topology').filter((name) => !new RegExp(`\\b${name}\\b`).test(read))).toEqual([]);
    expect(variablesOf('databases')).toEqual([]);
  });

  it('holds no secret: passwords, keys and addresses with passwords are files, or passed on', () => {
    const secret = /PASSWORD|SECRET|KEY|DATABASE_URL|AMQP/;
    for (const [container, { environment = {} }] of containers) {
      for (const [name, value] of Object.entries(environment).filter(([name]) => secret.test(name))) {
        expect(value, `${container}: ${name}`).toSatisfy((given) => (name.endsWith('_FILE') ? given.startsWith('/run/secrets/') : given === null));
      }
    }
  });

  it('gives the database to the services that own one, and to nobody else', () => {
    const near = containers.filter(([, { networks }]) => networks?.includes('data')).map(([name]) => name);
    expect(near.sort()).toEqual([...databaseServices(), 'databases', 'postgres'].sort());
    expect(compose.networks.data.internal).toBe(true);
  });

  it('publishes the gateway alone, and on loopback', () => {
    const published = containers.flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`));
    expect(published).toEqual(['gateway 127.0.0.1:${PORT:-8080}:8080']);
  });

  it('publishes nothing to the world, in no profile', () => {
    const open = all.flatMap(([name, { ports = [] }]) => ports.filter((port) => !String(port).startsWith('127.0.0.1:')).map((port) => `${name} ${port}`));
    expect(open).toEqual([]);
  });

  it('can run any number of every service', () => {
    expect(containers.filter(([, container]) => container.container_name).map(([name]) => name)).toEqual([]);
    expect(allServices().filter((name) => compose.services[name].hostname)).toEqual([]);
  });

  it.each(containers.map(([name]) => name))('gives %s no more rights than its work needs', (name) => {
    const { read_only, cap_drop, security_opt, init, privileged, network_mode } = compose.services[name];
    expect({ read_only, cap_drop, security_opt, init }).toEqual({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges'], init: true });
    expect(privileged).toBeUndefined();
    expect(network_mode).not.toBe('host');
  });

  it('starts a service again when it dies, and a step never', () => {
    for (const [name, { restart }] of containers) expect(restart, name).toBe(steps.includes(name) ? 'no' : 'unless-stopped');
  });

  it('waits for every step to end well, and for every server to be healthy', () => {
    for (const [name, { depends_on = {} }] of containers) {
      for (const [other, { condition }] of Object.entries(depends_on)) expect(condition, `${name} on ${other}`).toBe(steps.includes(other) ? 'service_completed_successfully' : 'service_healthy');
    }
    for (const name of servers) expect(compose.services[name].healthcheck.test[0], name).toBe('CMD');
  });
});

describe('images', () => {
  const stages = [...dockerfile.matchAll(/^FROM (\S+) AS (\S+)$/gm)];
  const outside = [...stages.map(([, image]) => image).filter((image) => !stages.some(([, , stage]) => stage === image)), ...all.flatMap(([, { image, build }]) => (build ? [] : image))];

  it('are named with a major version', () => {
    expect(stages.length).toBe([...dockerfile.matchAll(/^FROM /gm)].length);
    expect(outside.filter((image) => !/^[a-z/-]+:v?\d+[\w.-]*$/.test(image))).toEqual([]);
    expect(outside).toEqual(expect.arrayContaining(['node:24-slim', 'postgres:17', 'rabbitmq:4-management']));
  });

  it('need no frontend that a registry would have to give', () => {
    expect(dockerfile).not.toMatch(/^#\s*syntax=/m);
  });

  it.each(['service', 'setup'])('run a %s as a user without rights', (target) => {
    const begins = dockerfile.search(new RegExp(` AS ${target}$`, 'm'));
    const next = dockerfile.indexOf('\nFROM ', begins);
    const users = [...dockerfile.slice(0, next < 0 ? undefined : next).matchAll(/^USER (\S+)$/gm)].map(([, user]) => user);
    expect(users.at(-1)).toBe('node');
  });

  it('say themselves whether a service is ready', () => {
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
    expect(containers.filter(([name, { healthcheck }]) => healthcheck && !servers.includes(name))).toEqual([]);
  });
});
