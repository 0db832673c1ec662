// @ts-nocheck
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CommonConfig, ConsumerConfig, DatabaseConfig } from '../../../libs/service-kit/src/environment.ts';
import { TracingConfig } from '../../../libs/service-kit/src/tracing.ts';
import { GIVEN } from '@sluice/stack/containers/secrets';
import { allServices, databaseServices, inRoot } from '@sluice/stack/workspace';

const compose = parse(readFileSync(inRoot('docker-compose.yml'), 'utf8'), { merge: true });
const dockerfile = readFileSync(inRoot('Dockerfile'), 'utf8');
const all = Object.entries(compose.services);
/** What `docker compose up` starts; the others belong to a profile. */
const containers = all.filter(([, { profiles }]) => !profiles);
const steps = ['secrets', 'databases', 'topology'];
/** What ends by itself, and is waited for. */
const ending = [...steps, 'load-users'];
/** Of the profiles `cluster` and `load`. */
const ours = ['rabbitmq-2', 'rabbitmq-3', 'load-users', 'k6'].map((name) => [name, compose.services[name]]);
const servers = ['postgres', 'rabbitmq'];
const variablesOf = (name) => Object.keys(compose.services[name].environment ?? {});
const networksOf = ({ networks = [] }) => (Array.isArray(networks) ? networks : Object.keys(networks));
const plain = (name) => name.replace(/_FILE$/, '');

/** What OpenTelemetry's SDK reads itself. */
const readBySdk = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG'];

/** The variables that a service's own code knows. */
async function knownTo(service) {
  const isConfig = ([name, value]) => name.endsWith('Config') && value.shape !== undefined;
  const own = readdirSync(inRoot('apps', service, 'src')).includes('config.ts')
    ? Object.entries(await import(inRoot('apps', service, 'src/config.ts'))).filter(isConfig)
    : [];
  const common = [TracingConfig, ...(service === 'gateway' ? [CommonConfig] : [ConsumerConfig, DatabaseConfig])];
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
    expect(volumes).toEqual([
      {
        type: 'volume',
        source: 'secrets',
        target: '/run/secrets',
        read_only: true,
        volume: { subpath: service, nocopy: true },
      },
    ]);
  });

  it.each(allServices())('sets no variable that %s does not know', async (service) => {
    const known = await knownTo(service);
    expect(
      variablesOf(service).filter((name) => !known.has(name) && !known.has(plain(name)) && !readBySdk.includes(name)),
    ).toEqual([]);
  });

  it.each(allServices())('passes to %s every setting that it knows, or its image says it', async (service) => {
    const inImage = ['HOST', 'PORT', 'HEALTH_PORT'];
    const passed = variablesOf(service).map(plain);
    expect([...(await knownTo(service))].filter((name) => !passed.includes(name) && !inImage.includes(name))).toEqual(
      [],
    );
  });

  it('gives the steps only what they read', () => {
    expect(variablesOf('secrets').sort()).toEqual([...GIVEN].sort());
    const read = ['main.ts', 'settings.ts'].map((file) => readFileSync(inRoot('topology/src', file), 'utf8')).join('');
    expect(variablesOf('topology').filter((name) => !new RegExp(`\\b${name}\\b`).test(read))).toEqual([]);
    expect(variablesOf('databases')).toEqual([
      'DATABASE_CONNECTIONS_PER_SERVICE',
      'ORDER_DEADLINE_SECONDS',
      'RETRY_TIERS_MS',
      'OUTSIDE_TIERS_MS',
    ]); // the others for `audit`, which runs in it
  });

  it('holds no secret: passwords, keys and addresses with passwords are files, or passed on', () => {
    const secret = /PASSWORD|SECRET|KEY|DATABASE_URL|AMQP/;
    for (const [container, { environment = {} }] of containers) {
      for (const [name, value] of Object.entries(environment).filter(([name]) => secret.test(name))) {
        expect(value, `${container}: ${name}`).toSatisfy((given) =>
          name.endsWith('_FILE') ? given.startsWith('/run/secrets/') : given === null,
        );
      }
    }
  });

  it('gives the database to the services that own one, and to nobody else', () => {
    const near = containers.filter(([, container]) => networksOf(container).includes('data')).map(([name]) => name);
    expect(near.sort()).toEqual([...databaseServices(), 'databases', 'postgres'].sort());
    expect(compose.networks.data.internal).toBe(true);
  });

  it('lets out those alone that call somebody, and what publishes a port', () => {
    const calls = ([, { environment = {}, ports }]) =>
      ports !== undefined ||
      Object.keys(environment).some((name) => /^(CARD_GATEWAY|CARRIER|SMS_PROVIDER|EMAIL_PROVIDER)_URL$/.test(name));
    const closed = ['messages', 'data'];
    const out = all.filter(
      ([, container]) =>
        container.network_mode !== 'none' && networksOf(container).some((network) => !closed.includes(network)),
    );
    expect(out.map(([name]) => name).sort()).toEqual(
      all
        .filter(calls)
        .map(([name]) => name)
        .sort(),
    );
    expect(compose.networks.messages.internal).toBe('${INTERNAL_NETWORKS:-true}');
  });

  it.each(all.map(([name]) => name))('bounds the memory, the processes and the processors of %s', (name) => {
    const { mem_limit, pids_limit, cpu_quota } = compose.services[name];
    expect(mem_limit).toMatch(/^\d+[mg]$/);
    expect([pids_limit >= 256 && pids_limit <= 2048, cpu_quota >= 100_000 && cpu_quota <= 400_000]).toEqual([
      true,
      true,
    ]);
  });

  it('asks everything that stays whether it is well', () => {
    const asked = (name) => allServices().includes(name) || compose.services[name].healthcheck?.test !== undefined; // the images of services say it themselves
    const silent = all
      .filter(([name, { restart }]) => restart === 'unless-stopped' && !asked(name))
      .map(([name]) => name);
    expect(silent).toEqual(['jaeger']); // nothing in its image can be relied on to ask with
  });

  it('publishes the gateway alone, and on loopback', () => {
    const published = containers.flatMap(([name, { ports = [] }]) => ports.map((port) => `${name} ${port}`));
    expect(published).toEqual(['gateway 127.0.0.1:${PORT:-8080}:8080']);
  });

  it('publishes nothing to the world, in no profile', () => {
    const open = all.flatMap(([name, { ports = [] }]) =>
      ports.filter((port) => !String(port).startsWith('127.0.0.1:')).map((port) => `${name} ${port}`),
    );
    expect(open).toEqual([]);
  });

  it('can run any number of every service', () => {
    expect(containers.filter(([, container]) => container.container_name).map(([name]) => name)).toEqual([]);
    expect(allServices().filter((name) => compose.services[name].hostname)).toEqual([]);
  });

  it.each([...containers, ...ours].map(([name]) => name))('gives %s no more rights than its work needs', (name) => {
    const { read_only, cap_drop, security_opt, init, privileged, network_mode } = compose.services[name];
    expect({ read_only, cap_drop, security_opt, init }).toEqual({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges'],
      init: true,
    });
    expect(privileged).toBeUndefined();
    expect(network_mode).not.toBe('host');
  });

  it('starts a service again when it dies, and a step never', () => {
    for (const [name, { restart }] of containers)
      expect(restart, name).toBe(steps.includes(name) ? 'no' : 'unless-stopped');
  });

  it('waits for every step to end well, and for every server to be healthy', () => {
    for (const [name, { depends_on = {} }] of [...containers, ...ours]) {
      for (const [other, { condition }] of Object.entries(depends_on))
        expect(condition, `${name} on ${other}`).toBe(
          ending.includes(other) ? 'service_completed_successfully' : 'service_healthy',
        );
    }
    for (const name of servers) expect(compose.services[name].healthcheck.test[0], name).toBe('CMD');
  });
});

describe('the profile cluster', () => {
  const nodes = ['rabbitmq', 'rabbitmq-2', 'rabbitmq-3'].map((name) => compose.services[name]);

  it('has nodes that differ in their name, their data, and in whom they join', () => {
    const same = ({ image, command, networks, healthcheck, user }) => ({ image, command, networks, healthcheck, user });
    expect(nodes.map(same)).toEqual(Array(3).fill(same(nodes[0])));
    expect(new Set(nodes.map(({ hostname }) => hostname)).size).toBe(3);
    expect(new Set(nodes.map(({ volumes }) => volumes[0])).size).toBe(3);
    expect(nodes.map(({ environment }) => environment.RABBITMQ_CONFIG_FILE)).toEqual(
      ['rabbitmq', 'joining', 'joining'].map((name) => `/run/secrets/${name}.conf`),
    );
  });

  it('is behind the one address that the services know', () => {
    for (const { networks } of nodes) expect(networks.messages.aliases).toEqual(['broker']);
  });

  it('is whole before its queues are made, and not waited for without it', () => {
    expect(compose.services.topology.depends_on['rabbitmq-3']).toEqual({
      condition: 'service_healthy',
      required: false,
    });
    expect([nodes[1], nodes[2]].map(({ depends_on }) => Object.keys(depends_on))).toEqual([
      ['rabbitmq'],
      ['rabbitmq-2'],
    ]);
  });
});

describe('the profile load', () => {
  const { k6, 'load-users': users } = compose.services;

  it('gives k6 the scripts, the tokens and every setting of theirs, and no secret', () => {
    const scripts = ['', 'lib'].flatMap((folder) =>
      readdirSync(inRoot('load', folder))
        .filter((file) => file.endsWith('.js'))
        .map((file) => readFileSync(inRoot('load', folder, file), 'utf8')),
    );
    const known = new Set(
      scripts.flatMap((text) => [...text.matchAll(/\b(?:__ENV\.|whole\(')([A-Z_]+)/g)].map(([, name]) => name)),
    );
    known.delete('LOAD_RESULT'); // a file for `npm run load`
    expect(variablesOf('k6').sort()).toEqual([...known].sort());
    expect(k6.volumes).toEqual(['./load:/load:ro', 'tokens:/tokens:ro']);
    expect(k6.image).toBe(
      `grafana/k6:${/const VERSION = '(.+)'/.exec(readFileSync(inRoot('cli/src/k6.ts'), 'utf8'))[1]}`,
    );
  });

  it('makes the users as npm run load does, with the secrets of accounts alone', () => {
    expect(users).toMatchObject({ image: compose.services.accounts.image, build: compose.services.accounts.build });
    expect(users.volumes.map(({ volume }) => volume?.subpath).filter(Boolean)).toEqual(['accounts']);
  });
});

describe('images', () => {
  const stages = [...dockerfile.matchAll(/^FROM (\S+) AS (\S+)$/gm)];
  const outside = [
    ...stages.map(([, image]) => image).filter((image) => !stages.some(([, , stage]) => stage === image)),
    ...all.flatMap(([, { image, build }]) => (build ? [] : image)),
  ];

  it('are named with a major version', () => {
    expect(stages.length).toBe([...dockerfile.matchAll(/^FROM /gm)].length);
    expect(outside.filter((image) => !/^[a-z0-9/-]+:v?\d+[\w.-]*$/.test(image))).toEqual([]);
    expect(outside).toEqual(expect.arrayContaining(['node:24-slim', 'postgres:17', 'rabbitmq:4-management']));
  });

  it('need no frontend that a registry would have to give', () => {
    expect(dockerfile).not.toMatch(/^#\s*syntax=/m);
  });

  it.each(['service', 'setup'])('run a %s as a user without rights', (target) => {
    const begins = dockerfile.search(new RegExp(` AS ${target}$`, 'm'));
    const next = dockerfile.indexOf('\nFROM ', begins);
    const users = [...dockerfile.slice(0, next < 0 ? undefined : next).matchAll(/^USER (\S+)$/gm)].map(
      ([, user]) => user,
    );
    expect(users.at(-1)).toBe('node');
  });

  it('say themselves whether a service is ready', () => {
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
    expect(containers.filter(([name, { healthcheck }]) => healthcheck && !servers.includes(name))).toEqual([]);
  });
});

it.each(['.gitignore', '.dockerignore'])('no key or certificate gets past %s', (file) => {
  const patterns = readFileSync(inRoot(file), 'utf8').split('\n');
  for (const ending of ['pem', 'key'])
    expect(
      patterns.some((pattern) => [`*.${ending}`, `**/*.${ending}`].includes(pattern)),
      ending,
    ).toBe(true);
});
