import { canStartBroker, run, type Program } from '@sluice/testing';
import { afterAll, describe, expect, it } from 'vitest';

/** Any seed will do, but the same one every time: a run that fails can then be repeated. */
const SEED = '7';
/** Some two minutes; other tests share the machine. */
const WITHIN_MS = 300_000;

describe.skipIf(!canStartBroker || process.env['E2E_IN_CONTAINERS'] === 'true')(
  'the whole system, when what it is made of is killed, cut off and frozen under load',
  () => {
    let chaos: Program | undefined;
    afterAll(() => chaos?.end('SIGTERM'), 60_000);

    it(
      'loses nothing, doubles nothing, leaves no dead letter, recovers by itself each time, and adds up',
      async () => {
        chaos = run('start.mjs', {}, ['chaos', '--short', '--seed', SEED]);
        const code = await chaos.exitCode;
        expect(code, chaos.output()).toBe(0);
      },
      WITHIN_MS,
    );
  },
);
