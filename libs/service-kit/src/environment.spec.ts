import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConsumerConfig, flag, parseEnvironment, wholeNumber } from './environment.js';
import { EnvironmentError } from './variable.js';

const AMQP_URL = 'amqp://guest:hunter2@localhost';
const schema = ConsumerConfig.extend({ WINDOW_SECONDS: wholeNumber(1, 3_600).default(1_800), DEV_SEED: flag(false) });

describe('parseEnvironment', () => {
  it('uses defaults for unset variables, and treats an empty variable as unset', () => {
    expect(parseEnvironment(schema, { AMQP_URL, LOG_LEVEL: '', WINDOW_SECONDS: '' })).toMatchObject({
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
      WINDOW_SECONDS: 1_800,
      DEV_SEED: false,
      RETRY_TIERS_MS: [1_000, 10_000, 60_000],
    });
  });

  it('reads numbers, lists and flags from text, and ignores other variables', () => {
    const config = parseEnvironment(schema, {
      AMQP_URL,
      WINDOW_SECONDS: '60',
      RETRY_TIERS_MS: '50,100',
      DEV_SEED: 'true',
      HOME: '/root',
    });
    expect(config).toMatchObject({ WINDOW_SECONDS: 60, RETRY_TIERS_MS: [50, 100], DEV_SEED: true });
    expect(config).not.toHaveProperty('HOME');
  });

  it('names every invalid variable in one line with its value, and never shows a value that may be a secret', () => {
    const parse = () =>
      parseEnvironment(schema, { AMQP_URL: 'http://hunter2', WINDOW_SECONDS: 'soon', DEV_SEED: 'yes' });
    expect(parse).toThrow(EnvironmentError);
    expect(parse).toThrow(
      /^AMQP_URL is not valid: .+; WINDOW_SECONDS is not valid: must be a whole number from 1 to 3600, not "soon"; DEV_SEED is not valid: .+, not "yes"$/,
    );
    expect(parse).not.toThrow(/hunter2|\n/);
  });

  it.each(['Production', 'prod', 'staging', 'production ', 'PRODUCTION', 'dev'])(
    'refuses NODE_ENV=%j, which would start as development',
    (NODE_ENV) => {
      expect(() => parseEnvironment(schema, { AMQP_URL, NODE_ENV })).toThrow(
        `NODE_ENV is not valid: must be development, production or test, not ${JSON.stringify(NODE_ENV)}`,
      );
    },
  );

  it.each(['development', 'production', 'test'])('accepts NODE_ENV=%s', (NODE_ENV) => {
    expect(parseEnvironment(schema, { AMQP_URL, NODE_ENV })).toMatchObject({ NODE_ENV });
  });

  it('does not show an address that was given to the wrong variable', () => {
    expect(() => parseEnvironment(schema, { AMQP_URL, PREFETCH: 'amqp://guest:hunter2@localhost' })).toThrow(
      /^PREFETCH is not valid: must be a whole number from 1 to 65535$/,
    );
  });

  it('reports a required variable that is not set', () => {
    expect(() => parseEnvironment(schema, {})).toThrow(/^AMQP_URL is not set$/);
  });

  it.each(['1000,', '0', '1.5', 'a,b', '-1'])('refuses the retry tiers "%s"', (tiers) => {
    expect(() => parseEnvironment(schema, { AMQP_URL, RETRY_TIERS_MS: tiers })).toThrow(/^RETRY_TIERS_MS is not valid/);
  });

  it('lets an extended schema require more', () => {
    expect(() =>
      parseEnvironment(schema.extend({ SECRET: z.string().min(16) }), { AMQP_URL, SECRET: 'short' }),
    ).toThrow(/^SECRET is not valid/);
  });
});
