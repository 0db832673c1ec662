import { randomUUID } from 'node:crypto';
import { DispatchParcel } from '@sluice/contracts';
import { depth, eventually, publish, type ProcessSystem } from '@sluice/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, openBrowser } from './browser.js';
import { Person } from './person.js';
import { processShop } from './process-shop.js';
import type { Shop } from './shop.js';

const chromium = findChromium();
const QUEUE = 'logistics.events';
const ORDERS = 3;
/** The longest that the control room may take to notice something. Milliseconds. */
const NOTICED_WITHIN_MS = 15_000;
const VIEWS = ['', '?queue=orders.events', '?service=orders', '/figures', '/letters', '/facts'];

/** Stops and starts logistics. */
describe.skipIf(!chromium || process.env['E2E_IN_CONTAINERS'] === 'true')('the control room in a browser', () => {
  let system: ProcessSystem;
  let shop: Shop;
  let customer: string;
  let browser: Browser;
  let operator: Person;

  beforeAll(async () => {
    let admin: string;
    ({ system, shop, customer, admin } = await processShop.open());
    await shop.stock(admin, 'LAMP', { east: 100 });
    browser = await openBrowser(chromium!);
    operator = await Person.at(browser, system.url);
    await operator.comeInAs('shopkeeper');
  });
  afterAll(() => browser?.close());

  const sees = (text: string | RegExp) => operator.page.getByText(text).first().waitFor({ timeout: NOTICED_WITHIN_MS });
  /** Orders that are paid one after the other: facts of one commit would be one message in the queue. */
  const buy = async (): Promise<string[]> => {
    const ids: string[] = [];
    for (let n = 0; n < ORDERS; n += 1) {
      const id = await shop.placeForSure(customer, 'LAMP');
      await shop.reaches(customer, id, 'awaiting_payment');
      await shop.payForSure(customer, id);
      await shop.reaches(customer, id, 'paid');
      ids.push(id);
    }
    return ids;
  };
  const waiting = (count: number) =>
    operator.page
      .getByRole('button', { name: new RegExp(`^events ${count} .*at logistics`) })
      .waitFor({ timeout: NOTICED_WITHIN_MS });

  it('shows a service that is gone within seconds, how its queue fills, and how it is worked off', async () => {
    await operator.page.goto('/machine');
    await waiting(0);
    await sees('All is well');
    await system.instance('logistics').end('SIGTERM');
    await sees('logistics is gone');
    const ids = await buy();
    await waiting(ORDERS);
    expect(await depth(system.broker, QUEUE)).toBe(ORDERS);
    await system.instance('logistics').start();
    await sees('All is well');
    await waiting(0);
    for (const id of ids) await shop.reaches(customer, id, 'completed');
  });

  it('follows one order by a press on one of its facts', async () => {
    const ids = await buy();
    await operator.page.goto('/machine/facts');
    const lines = operator.page.locator('.facts > li');
    await operator.page
      .getByRole('button', { name: /order\.completed/ })
      .first()
      .click();
    await eventually(async () => {
      expect(await lines.count()).toBeGreaterThan(3);
      expect(new URL(operator.page.url()).searchParams.get('subject')).toMatch(/^order:/);
    });
    for (const id of ids) await shop.reaches(customer, id, 'completed');
  });

  it('shows why a message became a dead letter, and sends it home', async () => {
    const { pool } = system.databases.logistics;
    await pool.query('ALTER TABLE parcels RENAME COLUMN address TO destination');
    const ids = await buy();
    await eventually(async () => expect(await depth(system.broker, `${QUEUE}.dead`)).toBe(ORDERS), {
      withinMs: 30_000,
    });
    await pool.query('ALTER TABLE parcels RENAME COLUMN destination TO address');
    await operator.page.goto('/machine');
    await sees(`${ORDERS} dead letters of ${QUEUE}`);
    await operator.go('Dead letters');
    await sees(/column .*address/);
    await operator.press(`Send them home, to ${QUEUE}`);
    await sees('There are no dead letters.');
    for (const id of ids) await shop.reaches(customer, id, 'completed');
  });

  it('discards a message that can never be handled, after a second press', async () => {
    const parcel = { parcelId: randomUUID() };
    await publish(system.broker, DispatchParcel, parcel, { body: 'no JSON', as: 'gateway' });
    await eventually(async () => expect(await depth(system.broker, 'logistics.commands.dead')).toBe(1));
    await operator.page.goto('/machine/letters');
    await operator.press(`Discard this ${DispatchParcel.type}`);
    await operator.press('Yes, discard it');
    await sees('There are no dead letters.');
    expect(await depth(system.broker, 'logistics.commands.dead')).toBe(0);
  });

  it.each(['light', 'dark'] as const)('has nothing that bars a reader or a keyboard, in %s colours', async (theme) => {
    await operator.page.emulateMedia({ colorScheme: theme });
    for (const view of VIEWS) {
      await operator.page.goto(`/machine${view}`);
      await sees('All is well');
      expect(await operator.violations(), view).toEqual([]);
    }
    expect(operator.errors).toEqual([]);
  });
});
