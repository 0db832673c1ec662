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
    const config = parseEnvironment(schema, { AMQP_URL, WINDOW_SECONDS: '60', RETRY_TIERS_MS: '50,100', DEV_SEED: 'true', HOME: '/root' });
    expect(config).toMatchObject({ WINDOW_SECONDS: 60, RETRY_TIERS_MS: [50, 100], DEV_SEED: true });
    expect(config).not.toHaveProperty('HOME');
  });

  it('names every bad variable in one line, and never shows a value', () => {
    const parse = () => parseEnvironment(schema, { AMQP_URL: 'http://hunter2', WINDOW_SECONDS: 'soon', DEV_SEED: 'yes' });
    expect(parse).toThrow(EnvironmentError);
    expect(parse).toThrow(/^AMQP_URL is not valid: .+; WINDOW_SECONDS is not valid: .+; DEV_SEED is not valid: .+$/);
    expect(parse).not.toThrow(/hunter2|soon|\n/);
  });

  it('says when a variable is not set', () => {
    expect(() => parseEnvironment(schema, {})).toThrow(/^AMQP_URL is not set$/);
  });

  it.each(['1000,', '0', '1.5', 'a,b', '-1'])('refuses the retry tiers "%s"', (tiers) => {
    expect(() => parseEnvironment(schema, { AMQP_URL, RETRY_TIERS_MS: tiers })).toThrow(/^RETRY_TIERS_MS is not valid/);
  });

  it('lets a later schema ask for more', () => {
    expect(() => parseEnvironment(schema.extend({ SECRET: z.string().min(16) }), { AMQP_URL, SECRET: 'short' })).toThrow(/^SECRET is not valid/);
  });
});
