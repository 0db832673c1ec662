import { canStartBroker, run, type Program } from '@sluice/testing';
import { afterAll, describe, expect, it } from 'vitest';

/** Any seed will do, but the same one every time: a run that fails can then be repeated. */
const SEED = '7';
/** Some two minutes; other tests share the machine. */
const WITHIN_MS = 400_000;

describe.skipIf(!canStartBroker || process.env['E2E_IN_CONTAINERS'] === 'true')(
  'the whole system, when every process is replaced by one of the next version under load',
  () => {
    let chaos: Program | undefined;
    afterAll(() => chaos?.end('SIGTERM'), 60_000);

    it(
      'fails no request, loses nothing, doubles nothing, and shows every change of an order once on its stream',
      async () => {
        chaos = run('start.mjs', {}, ['chaos', '--upgrade', '--seed', SEED]);
        const code = await chaos.exitCode;
        expect(code, chaos.output()).toBe(0);
      },
      WITHIN_MS,
    );
  },
);
