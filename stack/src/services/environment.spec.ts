import { expect, it } from 'vitest';
import { environmentOf } from './environment.js';

const system = {
  broker: {
    url: 'amqp://admin:secret@broker/sluice',
    managementUrl: 'http://admin:secret@management',
    passwords: { orders: 'of-orders', gateway: 'of-gateway', accounts: 'of-accounts' },
  },
  databases: { orders: 'postgresql://orders', accounts: 'postgresql://accounts' },
  secrets: { tokenPrivateKey: 'private', tokenPublicKey: 'public', idempotencySecret: 'secret' },
  port: 8080,
  healthPort: 21_000,
  cache: '/cache',
};
const inherited = {
  PATH: '/bin',
  PAYMENT_WINDOW_SECONDS: '5',
  DATABASE_URL: 'postgresql://admin',
  npm_config_user_agent: 'npm',
  TOKEN_PRIVATE_KEY: 'stray',
  PORT: '1',
};
const of = (service: string) => environmentOf(service, system, inherited);

it('gives a service its own database, and the settings of the caller', () => {
  expect(of('orders')).toMatchObject({
    DATABASE_URL: 'postgresql://orders',
    AMQP_URL: 'amqp://orders:of-orders@broker/sluice',
    HEALTH_PORT: '21000',
    PAYMENT_WINDOW_SECONDS: '5',
    DEV_SEED: 'true',
  });
});

it('gives every service one heap of glibc, unless the caller sets their number', () => {
  expect(of('orders').MALLOC_ARENA_MAX).toBe('1');
  expect(environmentOf('orders', system, { ...inherited, MALLOC_ARENA_MAX: '4' }).MALLOC_ARENA_MAX).toBe('4');
});

it("keeps the administrator's database and npm's variables from every service", () => {
  expect(of('gateway')).not.toHaveProperty('DATABASE_URL');
  expect(of('orders')).not.toHaveProperty('npm_config_user_agent');
});

it("keeps the administrator's broker from every service: each has a user of its own, or none can be made", () => {
  for (const service of ['orders', 'gateway', 'accounts']) expect(JSON.stringify(of(service))).not.toContain('secret@');
  const { url } = system.broker;
  expect(environmentOf('orders', { ...system, broker: { url } }, inherited).AMQP_URL).toBe(url);
  expect(() => of('web')).toThrow('web has no user on the broker');
});

it('gives the signing key to accounts alone, and the gateway what it checks with', () => {
  expect(of('accounts').TOKEN_PRIVATE_KEY).toBe('private');
  expect(of('orders')).not.toHaveProperty('TOKEN_PRIVATE_KEY');
  expect(of('gateway')).not.toHaveProperty('TOKEN_PRIVATE_KEY');
  expect(of('gateway')).toMatchObject({ PORT: '8080', TOKEN_PUBLIC_KEY: 'public', IDEMPOTENCY_SECRET: 'secret' });
});
