import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { settingsAreGiven } from './settings.js';
import { runCommandLine } from '../testing/command.js';

let stateDirectory: string;
beforeEach(() => (stateDirectory = mkdtempSync(path.join(tmpdir(), 'settings-'))));
afterEach(() => rmSync(stateDirectory, { recursive: true }));

it.each([
  ['PAYMENT_WINDOW_SECONDS', 'abc', 'must be a whole number from 1 to 2592000, not "abc"'],
  ['CARRIER_DELAY_SECONDS', '-1', 'not "-1"'],
  ['RATE_LIMIT_PER_MINUTE', 'many', 'not "many"'],
  ['NODE_ENV', 'prod', 'must be development, production or test, not "prod"'],
  ['FLASH_SALE_QUEUE_LIMIT', '0', 'FLASH_SALE_QUEUE_LIMIT is "0"'],
  ['RETRY_TIERS_MS', '1000,x', 'RETRY_TIERS_MS'],
])('npm start refuses %s=%s before any server is started', { timeout: 120_000 }, async (name, value, words) => {
  const { code, stdout, stderr } = await runCommandLine(stateDirectory, ['start', '--no-demo'], {
    PORT: '28080',
    [name]: value,
  });
  expect(code).toBe(1);
  expect(stderr).toContain(name);
  expect(stderr).toContain(words);
  expect(stdout).not.toMatch(/RabbitMQ|PostgreSQL/);
  expect(readdirSync(stateDirectory).filter((file) => /rabbitmq|postgres/.test(file))).toEqual([]);
});

it('finds settings of every kind, and takes no other variable for one', () => {
  for (const name of [
    'PAYMENT_WINDOW_SECONDS',
    'LOG_LEVEL',
    'PREFETCH',
    'NODE_ENV',
    'CARRIER_URL',
    'CARRIER_URL_FILE',
    'REPLICATED_QUEUES',
    'INBOX_RETENTION_DAYS',
  ])
    expect([name, settingsAreGiven({ [name]: 'x' })]).toEqual([name, true]);
  expect(
    settingsAreGiven({
      PATH: '/bin',
      HOME: '/root',
      npm_config_x: 'y',
      AMQP_URL: 'amqp://x',
      PORT: '8080',
      PAYMENT_WINDOW_SECONDS: '',
    }),
  ).toBe(false);
});
