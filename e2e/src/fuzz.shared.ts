import { run, type Program, type System } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedShop } from './shared-system.js';

/** Any seed will do, but the same one every time: a run that fails can then be repeated. */
const SEED = '7';
/** Some half a minute; npm run fuzz sends as many as one likes. */
const REQUESTS = '2000';
const WITHIN_MS = 170_000;

describe('whatever is sent to the gateway', () => {
  let system: System;
  let fuzz: Program | undefined;
  beforeAll(async () => {
    ({ system } = await sharedShop());
  });
  afterAll(() => fuzz?.end('SIGTERM'));

  /** What shows whether a refused request has written. Those of containers are not to be reached from here. */
  const servers = (): Record<string, string> => {
    if (process.env['E2E_IN_CONTAINERS'] === 'true') return {};
    const databases = Object.entries(system.databases).map(([name, { url }]) => [
      `DATABASE_URL_${name.replaceAll('-', '_').toUpperCase()}`,
      url,
    ]);
    return { AMQP_URL: system.broker.url, ...Object.fromEntries(databases) };
  };

  it(
    'is answered as the document says, writes nothing when it is refused, and may be asked again',
    async () => {
      fuzz = run('start.mjs', servers(), ['fuzz', '--base', system.url, '--seed', SEED, '--requests', REQUESTS]);
      const code = await fuzz.exitCode;
      expect(code, fuzz.output()).toBe(0);
      expect(fuzz.output()).toMatch(/✓ 2,\d{3} requests of \d{2} operations/);
    },
    WITHIN_MS,
  );
});
