import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { allServices, databaseServices, manifestOf } from '../workspace.js';
import { filesOfSecret, kubernetesSecrets, OVERLAYS, type Overlay, type Secret } from './secrets.js';

const OWN = {
  DATABASE_URL: 'postgresql://admin:a@db.internal/postgres?sslmode=verify-full',
  AMQP_URL: 'amqps://admin:b@mq.internal/shop',
  AMQP_MANAGEMENT_URL: 'https://admin:b@mq.internal:15671',
  AMQP_CA: 'the authority of mq.internal',
};
const givenFor = (overlay: Overlay) => (overlay === 'own-servers' ? OWN : {});
const make = (overlay: Overlay, known: Record<string, string> = {}) =>
  kubernetesSecrets({ overlay, given: givenFor(overlay), known });

const contentOf = (secrets: readonly Secret[], name: string): Record<string, string> =>
  secrets.find(({ metadata }) => metadata.name === name)?.stringData ?? {};
const url = (secrets: readonly Secret[], service: string, variable: string) =>
  new URL(contentOf(secrets, service)[variable] ?? '');

describe('the Secrets of a system in Kubernetes', () => {
  it.each(OVERLAYS)('give every service its own passwords and keys, and no others, in %s', async (overlay) => {
    const secrets = await make(overlay);
    const seen = new Set<string>();
    for (const service of allServices()) {
      const { database, secrets: keys = [] } = manifestOf(service);
      const given = ['AMQP_URL', ...(database ? ['DATABASE_URL'] : []), ...keys];
      const trust = ['AMQP_CA', 'AMQP_CLIENT_CERT', 'AMQP_CLIENT_KEY', 'DATABASE_CA'];
      expect(Object.keys(contentOf(secrets, service)).sort(), service).toEqual([...given, ...trust].sort());
      expect(url(secrets, service, 'AMQP_URL').username).toBe(service);
      for (const variable of given.filter((name) => name.endsWith('_URL')))
        seen.add(url(secrets, service, variable).password);
    }
    expect(seen.size).toBe(allServices().length + databaseServices().length);
  });

  it.each(OVERLAYS)(
    'contain no password of an administrator outside of setup and the servers, in %s',
    async (overlay) => {
      const secrets = await make(overlay);
      const { broker, database } = JSON.parse(contentOf(secrets, 'setup')['servers.json'] ?? '') as {
        broker: { url: string };
        database: string;
      };
      const administrators = [broker.url, database].map((text) => new URL(text).password);
      const seen = secrets.filter(({ stringData }) =>
        Object.values(stringData).some((text) => administrators.some((password) => text.includes(`:${password}@`))),
      );
      expect(seen.map(({ metadata }) => metadata.name)).toEqual(['setup']);
    },
  );

  it('name the servers of their overlay', async () => {
    const [development, production, own] = await Promise.all(OVERLAYS.map((overlay) => make(overlay)));
    const hosts = (secrets: readonly Secret[]) =>
      ['AMQP_URL', 'DATABASE_URL'].map((variable) => {
        const { protocol, host, search } = url(secrets, 'orders', variable);
        return `${protocol}${host}${search}`;
      });
    expect(hosts(development!)).toEqual(['amqp:broker:5672', 'postgresql:postgres:5432']);
    expect(hosts(production!)).toEqual(['amqps:broker:5671', 'postgresql:postgres-rw:5432?sslmode=verify-full']);
    expect(hosts(own!)).toEqual(['amqps:mq.internal', 'postgresql:db.internal?sslmode=verify-full']);
    expect(contentOf(own!, 'orders')['AMQP_CA']).toBe('the authority of mq.internal');
  });

  it('give an autoscaler a user of its own, at the address that it reaches from its namespace', async () => {
    const { host, tls, ca } = contentOf(await make('production'), 'keda');
    expect(host).toMatch(/^https:\/\/keda:[\w-]{32}@broker\.sluice\.svc:15671\/sluice$/);
    expect([tls, ca]).toEqual(['enable', '']);
    expect(contentOf(await make('own-servers'), 'keda')).toMatchObject({
      host: expect.stringMatching(/@mq\.internal:15671\/shop$/),
      ca: 'the authority of mq.internal',
    });
    expect(contentOf(await make('development'), 'keda')).toEqual({});
  });

  it('stay as they are when they are made again from what the cluster holds', async () => {
    const before = await make('production');
    expect(await make('production', contentOf(before, 'setup'))).toEqual(before);
  });

  it('change for one service alone when it is to have new passwords', async () => {
    const before = await make('production');
    const known = contentOf(before, 'setup');
    const after = await kubernetesSecrets({ overlay: 'production', given: {}, known, rotate: ['orders'] });
    const changed = allServices().filter(
      (service) => JSON.stringify(contentOf(before, service)) !== JSON.stringify(contentOf(after, service)),
    );
    expect(changed).toEqual(['orders']);
    for (const variable of ['AMQP_URL', 'DATABASE_URL'])
      expect(url(after, 'orders', variable).password).not.toBe(url(before, 'orders', variable).password);
    await expect(kubernetesSecrets({ overlay: 'production', given: {}, known, rotate: ['nobody'] })).rejects.toThrow(
      'there is no service nobody',
    );
  });

  it('are accepted by a production start: no key has the mark of a development machine', async () => {
    const secrets = await make('production');
    const { TOKEN_PRIVATE_KEY = '' } = contentOf(secrets, 'accounts');
    const { TOKEN_PUBLIC_KEY = '', IDEMPOTENCY_SECRET } = contentOf(secrets, 'gateway');
    expect(createPublicKey(TOKEN_PRIVATE_KEY).equals(createPublicKey(TOKEN_PUBLIC_KEY))).toBe(true);
    expect([TOKEN_PUBLIC_KEY, IDEMPOTENCY_SECRET].filter((text) => text?.includes('development'))).toEqual([]);
  });

  it('need the addresses of servers of your own', async () => {
    const given = { DATABASE_URL: OWN.DATABASE_URL };
    await expect(kubernetesSecrets({ overlay: 'own-servers', given, known: {} })).rejects.toThrow(
      /^AMQP_URL, AMQP_MANAGEMENT_URL not set$/,
    );
  });

  it('are read from what kubectl prints, and anything else is refused without being shown', () => {
    const data = { 'secrets.json': Buffer.from('{}').toString('base64') };
    expect(filesOfSecret(JSON.stringify({ kind: 'Secret', data }))).toEqual({ 'secrets.json': '{}' });
    for (const text of ['', 'hunter2', '{"kind":"List"}']) {
      expect(() => filesOfSecret(text)).toThrow(/^stdin holds no Secret$/);
    }
  });
});
