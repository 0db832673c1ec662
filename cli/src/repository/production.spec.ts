import { generateKeyPairSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AccountsConfig } from '../../../apps/accounts/src/config.js';
import { GatewayConfig } from '../../../apps/gateway/src/config.js';
import { InventoryConfig } from '../../../apps/inventory/src/config.js';
import { LogisticsConfig } from '../../../apps/logistics/src/config.js';
import { NotificationsConfig } from '../../../apps/notifications/src/config.js';
import { PaymentsConfig } from '../../../apps/payments/src/config.js';
import { PromotionsConfig } from '../../../apps/promotions/src/config.js';
import { DatabaseConfig } from '../../../libs/service-kit/src/environment.js';
import * as production from '../../../libs/service-kit/src/production.js';
import { EnvironmentError } from '../../../libs/service-kit/src/variable.js';

/** Services that read a variable of the same name have the same rules for it: see below. */
const CONFIGS = [
  AccountsConfig,
  DatabaseConfig,
  GatewayConfig,
  InventoryConfig,
  LogisticsConfig,
  NotificationsConfig,
  PaymentsConfig,
  PromotionsConfig,
];
/** The variables of all services. */
const CONFIG = z.object(Object.assign({}, ...CONFIGS.map(({ shape }) => shape)) as z.ZodRawShape);

type Settings = Readonly<Record<string, unknown>>;
const refusals = (settings: Settings) => production.refusals(CONFIG, settings);
const warnings = (settings: Settings) => production.warnings(CONFIG, settings);

const pem = (der: Buffer, which: string): string =>
  `-----BEGIN ${which} KEY-----\n${der.toString('base64')}\n-----END ${which} KEY-----\n`;
const own = generateKeyPairSync('ed25519');
/** A key as stack/src/services/secrets.ts makes it: the seed has the mark. */
const DEVELOPMENT_KEY = pem(
  Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from('development-'), randomBytes(20)]),
  'PRIVATE',
);

/** Settings of a complete production system, without a finding. */
const SOUND = {
  NODE_ENV: 'production',
  DEV_SEED: false,
  AMQP_URL: 'amqps://orders:9Zk3vXw2Lr@mq.internal/sluice',
  DATABASE_URL: 'postgresql://orders:9Zk3vXw2Lr@db.internal/orders?sslmode=verify-full',
  IDEMPOTENCY_SECRET: 'tPq2hYx0bQbA1s7fV9uLrN4mKzE8wJcD6gR3iXoW5ya',
  CARD_GATEWAY_URL: 'https://cards.example.com',
  CARRIER_URL: 'https://carrier.example.com',
  SMS_PROVIDER_URL: 'https://sms.example.com',
  SMTP_URL: 'smtps://shop:9Zk3vXw2Lr@mail.example.com',
  TOKEN_PRIVATE_KEY: pem(own.privateKey.export({ type: 'pkcs8', format: 'der' }), 'PRIVATE'),
  TOKEN_PUBLIC_KEY: pem(own.publicKey.export({ type: 'spki', format: 'der' }), 'PUBLIC'),
  RATE_LIMIT_PER_MINUTE: 1_200,
  SIGN_IN_LIMIT_PER_MINUTE: 30,
};
type Variable = keyof typeof SOUND;
const having = (variable: Variable, value: unknown) => ({ ...SOUND, [variable]: value });
const named = (found: { variable: string }[]) => found.map(({ variable }) => variable);

const REFUSED: [Variable, unknown][] = [
  ['DEV_SEED', true],
  ['AMQP_URL', 'amqps://mq.internal'],
  ['AMQP_URL', 'amqps://guest:guest@mq.internal'],
  ['AMQP_URL', 'amqps://orders:Password@mq.internal'],
  ['AMQP_URL', 'amqps://warehouse7:warehouse7@mq.internal'],
  ['DATABASE_URL', 'postgresql://postgres:postgres@db.internal/orders?sslmode=verify-full'],
  ['DATABASE_URL', 'postgresql://orders:changeme@localhost/orders'],
  ['DATABASE_URL', 'postgresql://orders:x@localhost/orders'],
  ['DATABASE_URL', 'postgresql://orders:aaaaaaaaaaaaaaaa@localhost/orders'],
  ['AMQP_URL', 'amqps://orders:x@mq.internal'],
  ['AMQP_URL', 'amqps://orders:%61%61%61%61@mq.internal'],
  ['TOKEN_PRIVATE_KEY', DEVELOPMENT_KEY],
  ['TOKEN_PRIVATE_KEY', DEVELOPMENT_KEY.replaceAll('\n', '\\n')],
  ['TOKEN_PUBLIC_KEY', `# development-key, made by npm start\n${SOUND.TOKEN_PUBLIC_KEY}`],
  ['TOKEN_PUBLIC_KEY', `${SOUND.TOKEN_PUBLIC_KEY}# development-key, made by npm start\\n${SOUND.TOKEN_PUBLIC_KEY}`],
  ['IDEMPOTENCY_SECRET', 'only-thirty-one-characters-long'],
  ['IDEMPOTENCY_SECRET', 'abababababababababababababababababababab'],
  ['IDEMPOTENCY_SECRET', 'tPq2hYx0bQbA1s7fV9u-my-Secret-LrN4mKzE8wJcD6gR3iXoW5ya'],
  ['IDEMPOTENCY_SECRET', 'development-tPq2hYx0bQbA1s7fV9uLrN4mKzE8wJcD6gR3iXoW5ya'],
  ['CARD_GATEWAY_URL', undefined],
  ['CARD_GATEWAY_URL', 'http://cards.internal'],
  ['CARRIER_URL', undefined],
  ['SMS_PROVIDER_URL', undefined],
  ['SMTP_URL', undefined],
];

const WARNED: [Variable, unknown][] = [
  ['AMQP_URL', 'amqp://orders:9Zk3vXw2Lr@mq.internal'],
  ['DATABASE_URL', 'postgresql://orders:9Zk3vXw2Lr@db.internal/orders'],
  ['DATABASE_URL', 'postgresql://orders:9Zk3vXw2Lr@db.internal/orders?sslmode=no-verify'],
  ['CARD_GATEWAY_URL', 'fake'],
  ['SMS_PROVIDER_URL', 'fake'],
  ['SMS_PROVIDER_URL', 'http://sms.internal'],
  ['CARRIER_URL', 'http://carrier.internal'],
  ['RATE_LIMIT_PER_MINUTE', 0],
  ['SIGN_IN_LIMIT_PER_MINUTE', 0],
];

const SILENT: [Variable, unknown][] = [
  ['AMQP_URL', 'amqp://orders:9Zk3vXw2Lr@localhost'],
  ['DATABASE_URL', 'postgresql://orders:9Zk3vXw2Lr@127.0.0.1/orders'],
  ['DATABASE_URL', 'postgresql://orders@[::1]/orders'],
  ['DATABASE_URL', 'postgresql://orders:9Zk3vXw2Lr@db.internal/orders?application_name=orders&sslmode=require'],
  ['CARD_GATEWAY_URL', 'http://127.0.0.1:4242'],
  ['SMS_PROVIDER_URL', 'http://localhost:4242'],
];

describe('a production start', () => {
  it('accepts sound settings', () => {
    expect([refusals(SOUND), warnings(SOUND)]).toEqual([[], []]);
  });

  it.each(REFUSED)('refuses %s=%s', (variable, value) => {
    expect(named(refusals(having(variable, value)))).toEqual([variable]);
  });

  it.each(WARNED)('starts with %s=%s, and warns', (variable, value) => {
    expect([named(refusals(having(variable, value))), named(warnings(having(variable, value)))]).toEqual([
      [],
      [variable],
    ]);
  });

  it.each(SILENT)('starts with %s=%s without a warning', (variable, value) => {
    expect([refusals(having(variable, value)), warnings(having(variable, value))]).toEqual([[], []]);
  });

  it('does not check variables that are not in the configuration of the process', () => {
    const { NODE_ENV, AMQP_URL } = GatewayConfig.shape;
    const config = z.object({ NODE_ENV, AMQP_URL });
    expect(production.refusals(config, having('IDEMPOTENCY_SECRET', 'short'))).toEqual([]);
  });

  it('accepts every random secret of 24 bytes or more', () => {
    const forms = fc.constantFrom('hex' as const, 'base64' as const, 'base64url' as const);
    fc.assert(
      fc.property(
        fc.integer({ min: 24, max: 64 }),
        forms,
        (size, form) => refusals(having('IDEMPOTENCY_SECRET', randomBytes(size).toString(form))).length === 0,
      ),
    );
  });

  it('names all refused settings in one line with what to do, and contains no value', () => {
    const start = () =>
      production.refuseDevelopmentSettings(
        CONFIG,
        Object.fromEntries([
          ...Object.entries(SOUND),
          ['DEV_SEED', true],
          ['CARD_GATEWAY_URL', undefined],
          ['AMQP_URL', 'amqp://orders:hunter2-and-more@mq.internal'],
          ['DATABASE_URL', 'postgresql://hunter2:hunter2@db.internal/orders'],
        ]),
      );
    expect(start).toThrow(EnvironmentError);
    expect(start).toThrow(
      /^refused in production \(NODE_ENV=production\): DEV_SEED .+set it to false; DATABASE_URL .+give it a random one; CARD_GATEWAY_URL .+ set it to fake on purpose$/,
    );
    expect(start).not.toThrow(/hunter2|\n/);
  });
});

describe('every service that reads a variable', () => {
  it.each([...REFUSED, ...WARNED])('judges %s=%s alike', (variable, value) => {
    const settings = having(variable, value);
    const found = CONFIGS.filter(({ shape }) => variable in shape).map((config) => {
      const own = z.object({ [variable]: (config.shape as z.ZodRawShape)[variable]! });
      return [production.refusals(own, settings), production.warnings(own, settings)];
    });
    expect(found[0]?.flat()).toHaveLength(1);
    expect(new Set(found.map((findings) => JSON.stringify(findings))).size).toBe(1);
  });
});

describe('a development start', () => {
  it.each([...REFUSED, ...WARNED])('accepts %s=%s', (variable, value) => {
    const settings = { ...having(variable, value), NODE_ENV: 'development' };
    expect([refusals(settings), warnings(settings)]).toEqual([[], []]);
  });
});
