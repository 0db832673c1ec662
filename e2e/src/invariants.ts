import { ExpirePayment } from '@sluice/contracts';
import { depth, eventually, type System } from '@sluice/testing';
import { expect } from 'vitest';
import { operate } from './operator.js';

/** Retries wait up to the longest tier, and all must be delivered before anything is counted. Seconds. */
const QUIET_WITHIN_SECONDS = 120;

/** Queues of the topology, without the timers' waiting queues and the tests' own queues. */
async function queues({ broker }: System): Promise<string[]> {
  const all = await broker.management.get<{ name: string }[]>(`queues/${encodeURIComponent(broker.vhost)}`);
  return all
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('amq.') && !name.startsWith(`${ExpirePayment.waitsIn}.`));
}

/** Waits until no message is in a queue, no retry waits, and every outbox is empty. */
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
 * Asserts what holds once the system is quiet: no message is stuck or dead; stock, money, sales and notifications add
 * up; each order has its parcels and its money once. Runs `npm run audit`, which contains the equations.
 */
export async function expectInvariants(system: System): Promise<void> {
  const { code, output } = await operate(system, 'audit', '--settle', String(QUIET_WITHIN_SECONDS));
  expect(code, output).toBe(0);
}
