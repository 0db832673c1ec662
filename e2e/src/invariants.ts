import { ExpirePayment } from '@sluice/contracts';
import { depth, eventually, type System } from '@sluice/testing';
import { expect } from 'vitest';
import { operate } from './operator.js';

/** Retries wait up to the longest tier, and what waits must have come home before anything is counted. Seconds. */
const QUIET_WITHIN_SECONDS = 120;

/** The queues of the topology: not where timers wait out their windows, and not what a test listens on itself. */
async function queues({ broker }: System): Promise<string[]> {
  const all = await broker.management.get<{ name: string }[]>(`queues/${encodeURIComponent(broker.vhost)}`);
  return all
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('amq.') && !name.startsWith(`${ExpirePayment.waitsIn}.`));
}

/** Nothing waits anywhere: no message in a queue, no retry, no row in an outbox. */
export async function everyQueueIsEmpty(system: System): Promise<void> {
  await eventually(
    async () => {
      for (const [service, { pool }] of Object.entries(system.databases)) {
        const { rows } = await pool.query<{ n: number }>('SELECT count(*)::int AS n FROM outbox');
        expect([service, rows[0]?.n]).toEqual([service, 0]);
      }
      for (const name of await queues(system)) expect([name, await depth(system.broker, name)]).toEqual([name, 0]);
    },
    { withinMs: QUIET_WITHIN_SECONDS * 1_000 },
  );
}

/**
 * What always holds once the system is quiet: no message stuck or dead, stock, money, sales and notifications add up, and each
 * order has its parcels and its money once. As an operator asks it: `npm run audit` has the equations.
 */
export async function expectInvariants(system: System): Promise<void> {
  const { code, output } = await operate(system, 'audit', '--settle', String(QUIET_WITHIN_SECONDS));
  expect(code, output).toBe(0);
}
