import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layOutDatabases, makeContainerSecrets, serversOfHome } from './container-secrets.mjs';
import { Home } from './home.mjs';

let home;

beforeEach(() => {
  home = new Home(mkdtempSync(path.join(tmpdir(), 'container-secrets-')));
});
afterEach(() => rmSync(home.dir, { recursive: true }));

const read = (...parts) => readFileSync(path.join(home.dir, ...parts), 'utf8');
const everything = () => readdirSync(home.dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => path.relative(home.dir, path.join(entry.parentPath, entry.name))).sort();
const pem = (key) => key.export({ type: 'pkcs8', format: 'pem' });

describe('the secrets of containers', () => {
  it('are made once and then kept', () => {
    makeContainerSecrets(home, {});
    const before = ['postgres/POSTGRES_PASSWORD', 'orders/AMQP_URL', 'accounts/TOKEN_PRIVATE_KEY'].map((file) => read(file));
    makeContainerSecrets(home, {});
    expect(['postgres/POSTGRES_PASSWORD', 'orders/AMQP_URL', 'accounts/TOKEN_PRIVATE_KEY'].map((file) => read(file))).toEqual(before);
  });

  it('are laid out so that a service finds its own and no other', () => {
    makeContainerSecrets(home, {});
    layOutDatabases(home, { orders: 'postgresql://orders', accounts: 'postgresql://accounts' });
    const of = (service) => readdirSync(path.join(home.dir, service)).sort();
    expect(of('orders')).toEqual(['AMQP_URL', 'DATABASE_URL']);
    expect(of('accounts')).toEqual(['AMQP_URL', 'DATABASE_URL', 'TOKEN_PRIVATE_KEY']);
    expect(of('gateway')).toEqual(['AMQP_MANAGEMENT_URL', 'AMQP_URL', 'IDEMPOTENCY_SECRET', 'TOKEN_PUBLIC_KEY']);
    expect(read('orders/DATABASE_URL')).toBe('postgresql://orders');
  });

  it('can be read by the user of the container that sees them, and written by nobody there', () => {
    makeContainerSecrets(home, {});
    for (const file of everything().filter((name) => name.includes('/'))) expect(statSync(path.join(home.dir, file)).mode & 0o777, file).toBe(0o444);
  });

  it('give the broker the password that the services know, as a hash', () => {
    makeContainerSecrets(home, {});
    const { password, pathname } = new URL(read('orders/AMQP_URL'));
    const { users, vhosts } = JSON.parse(read('rabbitmq/definitions.json'));
    const hash = Buffer.from(users[0].password_hash, 'base64');
    expect(hash.subarray(4)).toEqual(createHash('sha256').update(hash.subarray(0, 4)).update(password).digest());
    expect(read('rabbitmq/definitions.json')).not.toContain(password);
    expect(vhosts).toEqual([{ name: pathname.slice(1) }]);
  });

  it('are those that were given, from then on', () => {
    makeContainerSecrets(home, {});
    const { privateKey } = generateKeyPairSync('ed25519');
    makeContainerSecrets(home, { POSTGRES_PASSWORD: 'p@ss/word', RABBITMQ_PASSWORD: 'r:a#b', TOKEN_PRIVATE_KEY: pem(privateKey).replaceAll('\n', '\\n'), IDEMPOTENCY_SECRET: 'given-secret-0123' });
    makeContainerSecrets(home, {});
    expect(read('postgres/POSTGRES_PASSWORD')).toBe('p@ss/word');
    expect(decodeURIComponent(new URL(serversOfHome(home).database).password)).toBe('p@ss/word');
    expect(decodeURIComponent(new URL(read('orders/AMQP_URL')).password)).toBe('r:a#b');
    expect(createPublicKey(read('gateway/TOKEN_PUBLIC_KEY')).equals(createPublicKey(privateKey))).toBe(true);
    expect(read('gateway/IDEMPOTENCY_SECRET')).toBe('given-secret-0123');
  });

  it('name servers that were given instead of the containers', () => {
    makeContainerSecrets(home, { DATABASE_URL: 'postgresql://admin:a@db.internal/postgres', AMQP_URL: 'amqps://sluice:b@mq.internal/shop' });
    expect(serversOfHome(home)).toEqual({ database: 'postgresql://admin:a@db.internal/postgres', broker: { url: 'amqps://sluice:b@mq.internal/shop' } });
    expect(read('orders/AMQP_URL')).toBe('amqps://sluice:b@mq.internal/shop');
  });

  it.each(['postgresql://admin@localhost/postgres', 'postgresql://admin@127.0.0.1:5432/postgres', 'postgresql://admin@[::1]/postgres'])('refuse %s: in a container that is the container', (url) => {
    expect(() => makeContainerSecrets(home, { DATABASE_URL: url })).toThrow(/^DATABASE_URL names .+ the container itself$/);
  });

  it('refuse a signing key that is none, without showing it', () => {
    expect(() => makeContainerSecrets(home, { TOKEN_PRIVATE_KEY: 'hunter2' })).toThrow(/^TOKEN_PRIVATE_KEY is not a private key in PEM form$/);
  });
});
