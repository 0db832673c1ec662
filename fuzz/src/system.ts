import type { AuditedSystem } from '@sluice/audit/audit';
import { systemOf } from '@sluice/audit/system';
import { freePort } from '@sluice/stack/ports';
import { startSystem } from '@sluice/stack/system';
import { temporaryRun } from '@sluice/stack/temporary-run';
import { LIMITS } from './rate-limits.js';

/** The system under test. */
export interface System {
  /** URL of its gateway. */
  readonly base: string;
  /** Absent where they are unknown. */
  readonly servers?: AuditedSystem | undefined;
  /** Starts a second gateway that allows few requests, and returns its URL; only of a system that is ours alone. */
  readonly limitedGateway?: () => Promise<string>;
}

/** All requests come from one address, and one customer orders for many. */
const SETTINGS = {
  RATE_LIMIT_PER_MINUTE: '0',
  SIGN_IN_LIMIT_PER_MINUTE: '0',
  UNPAID_ORDERS: '0',
  UNPAID_PIECES: '0',
  CARRIER_DELAY_SECONDS: '1',
  LOG_LEVEL: process.env['LOG_LEVEL'] || 'warn',
};

/**
 * Starts a whole system beside whatever else runs on this machine, as `npm start` does, and removes it at the end.
 * @throws {Failure} that names the folder of the logs
 */
export const withPrivateSystem = <T>(work: (system: System) => Promise<T>): Promise<T> =>
  temporaryRun('fuzz', async (run) => {
    Object.assign(process.env, SETTINGS);
    const port = await freePort();
    const { supervisor } = await startSystem({ ...run, port });
    await run.shutdown.add('services', () => supervisor.kill()); // their data is removed: no orderly end is needed
    const limitedGateway = async (): Promise<string> => {
      const another = await freePort();
      await supervisor.another('gateway', { ...LIMITS, PORT: String(another) });
      return `http://127.0.0.1:${another}`;
    };
    return work({ base: `http://127.0.0.1:${port}`, servers: await systemOf(run.stateDirectory, {}), limitedGateway });
  });
