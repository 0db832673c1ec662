import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layOutBroker, layOutDatabases, makeContainerSecrets, recordedServers } from './secrets.js';
import { TRUST } from './tls.js';
import { StateDirectory } from '../state-directory.js';
import { allServices } from '../workspace.js';

let stateDirectory: StateDirectory;

beforeEach(() => {
  stateDirectory = new StateDirectory(mkdtempSync(path.join(tmpdir(), 'container-secrets-')));
});
afterEach(() => rmSync(stateDirectory.dir, { recursive: true }));

const read = (...parts: string[]) => readFileSync(path.join(stateDirectory.dir, ...parts), 'utf8');
const everything = () =>
  readdirSync(stateDirectory.dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(path.join(stateDirectory.dir, name)).isFile())
    .sort();
const everybody = Object.fromEntries(allServices().map((service) => [service, 'another']));
const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

describe('the secrets of containers', () => {
  it('are made for every service', () => {
    makeContainerSecrets(stateDirectory, {});
    layOutBroker(stateDirectory, { ...recordedServers(stateDirectory).broker, passwords: everybody });
    for (const service of allServices()) expect(everything(), service).toContain(`${service}/AMQP_URL`);
    expect(allServices()).toContain('gateway');
  });

  it('are made once and then kept', () => {
    const files = ['postgres/POSTGRES_PASSWORD', 'rabbitmq/erlang.cookie', 'accounts/TOKEN_PRIVATE_KEY'];
    makeContainerSecrets(stateDirectory, {});
    const before = [...files.map((file) => read(file)), recordedServers(stateDirectory)];
    makeContainerSecrets(stateDirectory, {});
    expect([...files.map((file) => read(file)), recordedServers(stateDirectory)]).toEqual(before);
  });

  it('are laid out so that a service finds its own and no other', () => {
    makeContainerSecrets(stateDirectory, {});
    layOutDatabases(stateDirectory, { orders: 'postgresql://orders', accounts: 'postgresql://accounts' });
    layOutBroker(stateDirectory, {
      ...recordedServers(stateDirectory).broker,
      passwords: { ...everybody, orders: 'of-orders' },
    });
    const of = (service: string) =>
      readdirSync(path.join(stateDirectory.dir, service))
        .filter((name) => !TRUST.some((variable) => variable === name))
        .sort();
    expect(of('orders')).toEqual(['AMQP_URL', 'DATABASE_URL']);
    expect(of('accounts')).toEqual(['AMQP_URL', 'DATABASE_URL', 'TOKEN_PRIVATE_KEY']);
    expect(of('gateway')).toEqual(['AMQP_URL', 'IDEMPOTENCY_SECRET', 'TOKEN_PUBLIC_KEY']);
    expect(read('orders/DATABASE_URL')).toBe('postgresql://orders');
    expect(read('orders/AMQP_URL')).toBe('amqp://orders:of-orders@broker:5672/sluice');
    const administrator = new URL(recordedServers(stateDirectory).broker.url).password;
    const seen = everything().filter(
      (name) => /^(?!postgres|rabbitmq)[\w-]+\//.test(name) && read(name).includes(administrator),
    );
    expect(seen).toEqual([]);
  });

  it('take back what the gateway was given by an earlier version', () => {
    writeFileSync(stateDirectory.path('gateway', 'AMQP_MANAGEMENT_URL'), 'http://sluice:secret@rabbitmq:15672');
    makeContainerSecrets(stateDirectory, {});
    expect(readdirSync(path.join(stateDirectory.dir, 'gateway'))).not.toContain('AMQP_MANAGEMENT_URL');
  });

  it('list the key of the next tokens beside that of the present ones, and change the one that signs when they are told to', () => {
    makeContainerSecrets(stateDirectory, {});
    const [present, next] = [read('gateway/TOKEN_PUBLIC_KEY'), generateKeyPairSync('ed25519')];
    const both = present + next.publicKey.export({ type: 'spki', format: 'pem' });
    const listed = () => read('gateway/TOKEN_PUBLIC_KEY');
    makeContainerSecrets(stateDirectory, { TOKEN_PUBLIC_KEY: both.replaceAll('\n', '\\n') });
    expect([listed(), createPublicKey(read('accounts/TOKEN_PRIVATE_KEY')).equals(createPublicKey(present))]).toEqual([
      both,
      true,
    ]);
    makeContainerSecrets(stateDirectory, { TOKEN_PRIVATE_KEY: pem(next.privateKey) });
    expect([listed(), createPublicKey(read('accounts/TOKEN_PRIVATE_KEY')).equals(next.publicKey)]).toEqual([
      both,
      true,
    ]);
    makeContainerSecrets(stateDirectory, {});
    expect(listed()).toBe(both);
    expect(() => makeContainerSecrets(stateDirectory, { TOKEN_PUBLIC_KEY: present })).toThrow(
      /^TOKEN_PUBLIC_KEY does not hold/,
    );
  });

  it('can be read by the user of the container that sees them, and written by nobody there', () => {
    makeContainerSecrets(stateDirectory, {});
    for (const file of everything().filter((name) => name.includes('/')))
      expect(statSync(path.join(stateDirectory.dir, file)).mode & 0o777, file).toBe(0o444);
  });

  it("give the broker its administrator's password as a hash", () => {
    makeContainerSecrets(stateDirectory, {});
    const { password, pathname } = new URL(recordedServers(stateDirectory).broker.url);
    const { users, vhosts } = JSON.parse(read('rabbitmq/definitions.json')) as {
      users: { password_hash: string }[];
      vhosts: object[];
    };
    const hash = Buffer.from(users[0]?.password_hash ?? '', 'base64');
    expect(hash.subarray(4)).toEqual(createHash('sha256').update(hash.subarray(0, 4)).update(password).digest());
    expect(read('rabbitmq/definitions.json')).not.toContain(password);
    expect(vhosts).toEqual([{ name: pathname.slice(1) }]);
  });

  it('are those that were given, from then on', () => {
    makeContainerSecrets(stateDirectory, {});
    const { privateKey } = generateKeyPairSync('ed25519');
    makeContainerSecrets(stateDirectory, {
      POSTGRES_PASSWORD: 'p@ss/word',
      RABBITMQ_PASSWORD: 'r:a#b',
      TOKEN_PRIVATE_KEY: pem(privateKey).replaceAll('\n', '\\n'),
      IDEMPOTENCY_SECRET: 'given-secret-0123',
    });
    makeContainerSecrets(stateDirectory, {});
    expect(read('postgres/POSTGRES_PASSWORD')).toBe('p@ss/word');
    expect(decodeURIComponent(new URL(recordedServers(stateDirectory).database).password)).toBe('p@ss/word');
    expect(decodeURIComponent(new URL(recordedServers(stateDirectory).broker.url).password)).toBe('r:a#b');
    expect(createPublicKey(read('gateway/TOKEN_PUBLIC_KEY')).equals(createPublicKey(privateKey))).toBe(true);
    expect(read('gateway/IDEMPOTENCY_SECRET')).toBe('given-secret-0123');
  });

  it('name servers that were given instead of the containers', () => {
    makeContainerSecrets(stateDirectory, {
      DATABASE_URL: 'postgresql://admin:a@db.internal/postgres',
      AMQP_URL: 'amqps://sluice:b@mq.internal/shop',
    });
    expect(recordedServers(stateDirectory)).toMatchObject({
      database: 'postgresql://admin:a@db.internal/postgres',
      broker: { url: 'amqps://sluice:b@mq.internal/shop' },
      ours: { database: false },
    });
    layOutBroker(stateDirectory, recordedServers(stateDirectory).broker);
    expect([read('orders/AMQP_URL'), read('gateway/AMQP_URL')]).toEqual(
      Array(2).fill('amqps://sluice:b@mq.internal/shop'),
    );
  });

  it.each([
    'postgresql://admin@localhost/postgres',
    'postgresql://admin@127.0.0.1:5432/postgres',
    'postgresql://admin@[::1]/postgres',
  ])('refuse %s: in a container that is the container', (url) => {
    expect(() => makeContainerSecrets(stateDirectory, { DATABASE_URL: url })).toThrow(
      /^DATABASE_URL names .+ the container itself$/,
    );
  });

  it('refuse a signing key that is none, without showing it', () => {
    expect(() => makeContainerSecrets(stateDirectory, { TOKEN_PRIVATE_KEY: 'hunter2' })).toThrow(
      /^TOKEN_PRIVATE_KEY is not a private key in PEM form$/,
    );
  });
});
