import { EXCHANGES } from '@sluice/contracts';
import { deadLetters, depth, eventually, type ProcessSystem } from '@sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectCompletedOnce } from './completed-once.js';
import { expectInvariants } from './invariants.js';
import { operate } from './operator.js';
import { processShop, TIERS_MS } from './process-shop.js';
import { inParallel, type Shop } from './shop.js';

const TRIES = TIERS_MS.length + 1;
const LETTERS = 5;
const QUEUE = 'logistics.events';

/** A handler fails until its database is mended. */
describe.skipIf(process.env['E2E_IN_CONTAINERS'] === 'true')('while the shop is open', () => {
  let system: ProcessSystem;
  let shop: Shop;
  let admin: string;
  let customer: string;

  beforeAll(async () => {
    ({ system, shop, customer, admin } = await processShop.open());
    await shop.stock(admin, 'TEE', { east: 5_000 });
    await shop.reachesEnd(customer, await shop.placeForSure(customer, 'TEE'));
  });

  it('dead-letters messages of a failing handler with their reason, and redrives them, also twice', async () => {
    const { pool } = system.databases.logistics;
    await pool.query('ALTER TABLE parcels RENAME COLUMN address TO destination');
    const ids = await inParallel(LETTERS, LETTERS, () => shop.placeForSure(customer, 'TEE'));
    await inParallel(LETTERS, LETTERS, async (i) => {
      await shop.reaches(customer, ids[i]!, 'awaiting_payment');
      await shop.payForSure(customer, ids[i]!);
    });
    await eventually(async () => expect(await depth(system.broker, `${QUEUE}.dead`)).toBe(LETTERS), {
      withinMs: 30_000,
    });
    const letters = await deadLetters(system.broker, QUEUE);
    const id = String(letters[0]!.properties.messageId);

    expect(await operate(system, 'dead-letters', 'list')).toMatchObject({
      code: 0,
      output: expect.stringMatching(
        new RegExp(`^${QUEUE}  ${LETTERS} dead letters, .*\\n +${LETTERS} × order\\.paid  .*address`),
      ),
    });
    const { output } = await operate(system, 'dead-letters', 'show', id);
    for (const text of [
      `id: ${id}`,
      `attempts: ${TRIES}`,
      'first published to: shop.events',
      'with the routing key: order.paid',
      'redriven: 0',
    ])
      expect(output).toContain(text);
    expect(output).toMatch(/^reason: .*column .*address does not exist$/m);
    expect(output).toMatch(/^stack:\n {2}\S+: column .*\n +at /m);
    expect(output.match(/^ +\d+\. \d{4}-.*address/gm)).toHaveLength(TRIES);
    const { status, body } = await shop.call<{
      queues: { queue: string; count: number; letters: unknown[] }[];
      unanswered: string[];
    }>('GET', '/ops/dead-letters', { token: admin });
    expect([status, body.unanswered]).toEqual([200, []]);
    const failed = {
      type: 'order.paid',
      attempts: TRIES,
      redriven: 0,
      originalExchange: 'shop.events',
      originalRoutingKey: 'order.paid',
      reason: expect.stringContaining('address'),
      history: { length: TRIES },
    };
    expect(body.queues.filter(({ count }) => count > 0)).toMatchObject([
      { queue: QUEUE, count: LETTERS, letters: letters.map(() => failed) },
    ]);
    expect(await operate(system, 'audit')).toMatchObject({
      code: 1,
      output: expect.stringContaining(`${QUEUE}.dead: ${LETTERS}`),
    });

    await pool.query('ALTER TABLE parcels RENAME COLUMN destination TO address');
    const sentHome = { code: 0, output: `${LETTERS} dead letters sent home to ${QUEUE}\n` };
    expect(await operate(system, 'dead-letters', 'redrive', QUEUE)).toEqual(sentHome);
    await expectCompletedOnce({ system, shop, customer }, ids);

    await writeBack(system, letters);
    expect(await operate(system, 'dead-letters', 'redrive', QUEUE)).toEqual(sentHome);
    expect(await operate(system, 'dead-letters', 'list')).toEqual({ code: 0, output: 'no dead letters\n' });
    await expectInvariants(system);
    await expectCompletedOnce({ system, shop, customer }, ids);
  });
});

/** Restores the state of a redrive that crashed between its two steps: republished, and still dead-lettered. */
async function writeBack({ broker }: ProcessSystem, letters: Awaited<ReturnType<typeof deadLetters>>): Promise<void> {
  const channel = await broker.connection.createConfirmChannel();
  for (const { body, properties } of letters)
    channel.publish(EXCHANGES.dead, QUEUE, Buffer.from(body), properties as object);
  await channel.waitForConfirms();
  await channel.close();
}
