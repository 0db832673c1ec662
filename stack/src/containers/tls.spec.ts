import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { makeContainerSecrets, recordedServers } from './secrets.js';
import { makeContainerTls, type Given } from './tls.js';
import { StateDirectory } from '../state-directory.js';
import { allServices, inRoot } from '../workspace.js';

let stateDirectory: StateDirectory;

beforeEach(() => {
  stateDirectory = new StateDirectory(mkdtempSync(path.join(tmpdir(), 'container-tls-')));
});
afterEach(() => rmSync(stateDirectory.dir, { recursive: true }));

const read = (...parts: string[]) => readFileSync(path.join(stateDirectory.dir, ...parts), 'utf8');
const certificate = (...parts: string[]) => new X509Certificate(read(...parts));
const make = async (given: Given = {}) =>
  makeContainerSecrets(stateDirectory, given, await makeContainerTls(stateDirectory, allServices()));

describe('containers with TLS', () => {
  it('ask for it by the addresses of their servers', async () => {
    await make();
    const { database, broker } = recordedServers(stateDirectory);
    expect(database).toMatch(/@postgres:5432\/postgres\?sslmode=verify-full$/);
    expect([broker.url, broker.managementUrl].map((url) => url?.replace(/:[^:@]+@/, '@'))).toEqual([
      'amqps://sluice@broker:5671/sluice',
      'https://sluice@broker:15671',
    ]);
  });

  it.each(['rabbitmq', 'postgres'] as const)(
    'give %s a certificate for the names by which it is reached',
    async (server) => {
      await make();
      const shown = certificate(server, 'server.pem');
      const names = { postgres: ['postgres'], rabbitmq: ['broker', 'rabbitmq', 'rabbitmq-2', 'rabbitmq-3'] }[server];
      for (const name of [...names, 'localhost']) expect(shown.checkHost(name), name).toBe(name);
      expect(shown.checkHost('elsewhere')).toBeUndefined();
      expect(shown.verify(certificate('orders', 'DATABASE_CA').publicKey)).toBe(true);
      expect(shown.checkPrivateKey(createPrivateKey(read(server, 'server.key')))).toBe(true);
    },
  );

  it.each(allServices())('give %s what it verifies by, and a certificate with its own name', async (service) => {
    await make();
    const own = certificate(service, 'AMQP_CLIENT_CERT');
    expect(own.subject).toBe(`CN=${service}`);
    expect(own.verify(certificate('rabbitmq', 'authority.pem').publicKey)).toBe(true);
    expect(read(service, 'AMQP_CA')).toBe(read('rabbitmq', 'authority.pem'));
    expect(statSync(path.join(stateDirectory.dir, service, 'AMQP_CLIENT_KEY')).mode & 0o777).toBe(0o444);
  });

  it('keep their authority, whose key no container sees, and get new certificates at every start', async () => {
    await make();
    const [authority, shown] = [read('orders', 'AMQP_CA'), read('rabbitmq', 'server.pem')];
    await make();
    expect(read('orders', 'AMQP_CA')).toBe(authority);
    expect(read('rabbitmq', 'server.pem')).not.toBe(shown);
    const key = stateDirectory.recall('authority')?.key;
    for (const file of [
      'postgres/server.key',
      'rabbitmq/server.key',
      ...allServices().map((service) => `${service}/AMQP_CLIENT_KEY`),
    ])
      expect(read(file), file).not.toBe(key);
  });

  it('verify servers of your own by what you gave for them', async () => {
    await make({ AMQP_URL: 'amqps://sluice:b@mq.internal/shop', AMQP_CA: 'yours' });
    expect([read('orders', 'AMQP_CA'), read('orders', 'AMQP_CLIENT_CERT')]).toEqual(['yours', '']);
    expect(certificate('orders', 'DATABASE_CA').ca).toBe(true);
    expect(recordedServers(stateDirectory).trust).toMatchObject({ AMQP_CA: 'yours', AMQP_CLIENT_KEY: '' });
  });

  it('can go back to plain text', async () => {
    await make();
    makeContainerSecrets(stateDirectory, {});
    expect(read('orders', 'AMQP_CA')).toBe('');
    expect(read('rabbitmq', 'rabbitmq.conf')).not.toContain('ssl');
    expect(recordedServers(stateDirectory).broker.url).toMatch(/^amqp:/);
  });
});

/** What these tests read of a file of docker compose. */
interface ComposeFile {
  services: Record<'postgres' | 'rabbitmq' | 'secrets', ComposeService>;
}

interface ComposeService {
  command: string[];
  tmpfs: string[];
  environment: Record<string, string>;
  healthcheck: { test: string[] };
}

describe('deploy/tls/compose.yml', () => {
  const override = parse(readFileSync(inRoot('deploy/tls/compose.yml'), 'utf8')) as ComposeFile;
  const base = parse(readFileSync(inRoot('docker-compose.yml'), 'utf8'), {
    merge: true,
    maxAliasCount: -1,
  }) as ComposeFile;
  const { postgres, rabbitmq, secrets } = override.services;

  it('changes the servers and what makes their certificates, and no service', () => {
    expect(Object.keys(override.services).sort()).toEqual(['postgres', 'rabbitmq', 'secrets']);
    expect(Object.keys(override.services).filter((name) => !(name in base.services))).toEqual([]);
    expect(secrets.environment).toEqual({ SERVERS_TLS: 'true' });
    expect(readFileSync(inRoot('cli/src/container-setup.ts'), 'utf8')).toContain("process.env.SERVERS_TLS === 'true'");
  });

  it('names files that are there', async () => {
    await make();
    const files = [...JSON.stringify(postgres).matchAll(/\/run\/secrets\/([\w.-]+)/g)].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expect(read('postgres', file), file).not.toBe('');
    for (const [, file = ''] of read('rabbitmq', 'rabbitmq.conf').matchAll(/\/run\/secrets\/([\w.-]+)/g))
      expect(read('rabbitmq', file), file).not.toBe('');
  });

  it('keeps what the base gives PostgreSQL, and adds only what TLS needs', () => {
    expect(postgres.command.slice(0, base.services.postgres.command.length)).toEqual(base.services.postgres.command);
    expect(
      postgres.command
        .slice(base.services.postgres.command.length)
        .filter((_, index) => index % 2 === 1)
        .map((setting) => setting.split('=')[0]),
    ).toEqual(['ssl', 'ssl_cert_file', 'ssl_key_file', 'ssl_min_protocol_version', 'hba_file']);
    expect(base.services.postgres.tmpfs).toContain('/tmp'); // the key goes there, for the eyes of its user alone
  });

  it('takes a broker for healthy when the ports for TLS are open', async () => {
    await make();
    const settings = read('rabbitmq', 'rabbitmq.conf');
    const ports = [...rabbitmq.healthcheck.test.join(' ').matchAll(/\/dev\/tcp\/127\.0\.0\.1\/(\d+)/g)].map(
      ([, port]) => port,
    );
    expect(ports).toEqual([
      /^listeners\.ssl\.default = (\d+)$/m.exec(settings)?.[1],
      /^management\.ssl\.port = (\d+)$/m.exec(settings)?.[1],
    ]);
  });
});
