import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConsumerConfig, flag, parseEnvironment, wholeNumber } from './environment.js';
import { EnvironmentError } from './variable.js';

const AMQP_URL = 'amqp://guest:hunter2@localhost';
const schema = ConsumerConfig.extend({ WINDOW_SECONDS: wholeNumber(1, 3_600).default(1_800), DEV_SEED: flag(false) });

describe('parseEnvironment', () => {
  it('fills in what is not set, and takes an empty variable for one that is not set', () => {
    expect(parseEnvironment(schema, { AMQP_URL, LOG_LEVEL: '', WINDOW_SECONDS: '' })).toMatchObject({
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
      WINDOW_SECONDS: 1_800,
      DEV_SEED: false,
      RETRY_TIERS_MS: [1_000, 10_000, 60_000],
    });
  });

  it('reads numbers, lists and flags from text, and leaves foreign variables out', () => {
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

  it('names every bad variable in one line with the text that was given, and never shows what may be a secret', () => {
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

  it.each(['development', 'production', 'test'])('takes NODE_ENV=%s', (NODE_ENV) => {
    expect(parseEnvironment(schema, { AMQP_URL, NODE_ENV })).toMatchObject({ NODE_ENV });
  });

  it('does not show an address that was given to the wrong variable', () => {
    expect(() => parseEnvironment(schema, { AMQP_URL, PREFETCH: 'amqp://guest:hunter2@localhost' })).toThrow(
      /^PREFETCH is not valid: must be a whole number from 1 to 65535$/,
    );
  });

  it('says when a variable is not set', () => {
    expect(() => parseEnvironment(schema, {})).toThrow(/^AMQP_URL is not set$/);
  });

  it.each(['1000,', '0', '1.5', 'a,b', '-1'])('refuses the retry tiers "%s"', (tiers) => {
    expect(() => parseEnvironment(schema, { AMQP_URL, RETRY_TIERS_MS: tiers })).toThrow(/^RETRY_TIERS_MS is not valid/);
  });

  it('lets a later schema ask for more', () => {
    expect(() =>
      parseEnvironment(schema.extend({ SECRET: z.string().min(16) }), { AMQP_URL, SECRET: 'short' }),
    ).toThrow(/^SECRET is not valid/);
  });
});
