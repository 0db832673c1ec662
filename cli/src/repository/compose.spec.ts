import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GIVEN } from '@sluice/stack/containers/secrets';
import { allServices, databaseServices, inRoot } from '@sluice/stack/workspace';
import { aliasesOf, networksOf, readCompose, type Container } from './testing/compose.js';
import { differences } from './testing/needs.js';

const compose = readCompose();
const dockerfile = readFileSync(inRoot('Dockerfile'), 'utf8');
const all = Object.entries(compose.services);
/** The containers that `docker compose up` starts; the others belong to a profile. */
const containers = all.filter(([, { profiles }]) => !profiles);
const steps = ['secrets', 'databases', 'topology'];
/** Containers that end by themselves, and are waited for. */
const ending = [...steps, 'load-users'];
/** Of the profiles `cluster` and `load`. */
const ours = ['rabbitmq-2', 'rabbitmq-3', 'load-users', 'k6'].map((name): [string, Container] => [
  name,
  compose.service(name),
]);
const servers = ['postgres', 'rabbitmq'];
const variablesOf = (name: string): string[] => Object.keys(compose.service(name).environment ?? {});

describe('docker-compose.yml', () => {
  it('runs every app, and nothing that is none', () => {
    const services = containers.map(([name]) => name).filter((name) => ![...steps, ...servers].includes(name));
    expect(differences('docker-compose.yml', 'the service', { has: services, needs: allServices() })).toEqual([]);
  });

  it.each(allServices())('builds and mounts for %s what is its own', (service) => {
    const { build, image, volumes } = compose.service(service);
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
        expect(value, `${container}: ${name}`).toSatisfy((given: unknown) =>
          name.endsWith('_FILE') ? String(given).startsWith('/run/secrets/') : given === null,
        );
      }
    }
  });

  it('gives the database to the services that own one, and to nobody else', () => {
    const near = containers.filter(([, container]) => networksOf(container).includes('data')).map(([name]) => name);
    expect(near.sort()).toEqual([...databaseServices(), 'databases', 'postgres'].sort());
    expect(compose.networks['data']?.internal).toBe(true);
  });

  it('lets out those alone that call somebody, and what publishes a port', () => {
    const calls = ([, { environment = {}, ports }]: [string, Container]): boolean =>
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
    expect(compose.networks['messages']?.internal).toBe('${INTERNAL_NETWORKS:-true}');
  });

  it.each(all.map(([name]) => name))('bounds the memory, the processes and the processors of %s', (name) => {
    const { mem_limit, pids_limit = 0, cpu_quota = 0 } = compose.service(name);
    expect(mem_limit).toMatch(/^\d+[mg]$/);
    expect([pids_limit >= 256 && pids_limit <= 2048, cpu_quota >= 100_000 && cpu_quota <= 400_000]).toEqual([
      true,
      true,
    ]);
  });

  it('asks everything that stays whether it is well', () => {
    const isChecked = (name: string): boolean =>
      allServices().includes(name) || compose.service(name).healthcheck?.test !== undefined; // the images of services check themselves
    const unchecked = all
      .filter(([name, { restart }]) => restart === 'unless-stopped' && !isChecked(name))
      .map(([name]) => name);
    expect(unchecked).toEqual(['jaeger']); // its image has no program that could check it
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
    expect(allServices().filter((name) => compose.service(name).hostname)).toEqual([]);
  });

  it.each([...containers, ...ours].map(([name]) => name))('gives %s no more rights than its work needs', (name) => {
    const { read_only, cap_drop, security_opt, init, privileged, network_mode } = compose.service(name);
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
    for (const name of servers) expect(compose.service(name).healthcheck?.test?.[0], name).toBe('CMD');
  });
});

describe('the profile cluster', () => {
  const nodes = ['rabbitmq', 'rabbitmq-2', 'rabbitmq-3'].map((name) => compose.service(name));

  it('has nodes that differ in their name, their data, and in whom they join', () => {
    const same = ({ image, command, networks, healthcheck, user }: Container) => ({
      image,
      command,
      networks,
      healthcheck,
      user,
    });
    expect(nodes.map(same)).toEqual(Array(3).fill(same(compose.service('rabbitmq'))));
    expect(new Set(nodes.map(({ hostname }) => hostname)).size).toBe(3);
    expect(new Set(nodes.map(({ volumes }) => volumes?.[0])).size).toBe(3);
    expect(nodes.map(({ environment }) => environment?.['RABBITMQ_CONFIG_FILE'])).toEqual(
      ['rabbitmq', 'joining', 'joining'].map((name) => `/run/secrets/${name}.conf`),
    );
  });

  it('is behind the one address that the services know', () => {
    for (const node of nodes) expect(aliasesOf(node, 'messages')).toEqual(['broker']);
  });

  it('is whole before its queues are made, and not waited for without it', () => {
    expect(compose.service('topology').depends_on?.['rabbitmq-3']).toEqual({
      condition: 'service_healthy',
      required: false,
    });
    expect(nodes.slice(1).map(({ depends_on = {} }) => Object.keys(depends_on))).toEqual([
      ['rabbitmq'],
      ['rabbitmq-2'],
    ]);
  });
});

describe('the profile load', () => {
  const [k6, users] = [compose.service('k6'), compose.service('load-users')];

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
      `grafana/k6:${/const VERSION = '(.+)'/.exec(readFileSync(inRoot('cli/src/k6.ts'), 'utf8'))?.[1]}`,
    );
  });

  it('makes the users as npm run load does, with the secrets of accounts alone', () => {
    const { image, build } = compose.service('accounts');
    expect(users).toMatchObject({ image, build });
    const folders = users.volumes?.map((mount) => (typeof mount === 'string' ? undefined : mount.volume?.subpath));
    expect(folders?.filter(Boolean)).toEqual(['accounts']);
  });
});

describe('images', () => {
  const stages = [...dockerfile.matchAll(/^FROM (\S+) AS (\S+)$/gm)];
  const outside = [
    ...stages.map(([, image = '']) => image).filter((image) => !stages.some(([, , stage]) => stage === image)),
    ...all.flatMap(([, { image, build }]) => (build ? [] : (image ?? ''))),
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
