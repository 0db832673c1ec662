import { startSystem, type ProcessSystem } from '@sluice/testing';
import type { Browser, CDPSession } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, openBrowser } from './browser.js';
import { Buyers } from './buyers.js';
import { Person } from './person.js';
import { ADMIN, Shop } from './shop.js';

const chromium = findChromium();
/** As many as keep two cores busy. */
const BUYERS = 80;
/** Orders that are paid while one view is watched. */
const ORDERS = 240;
/** From the snapshot to the screen, at half of the snapshots; and how long the page may not answer. Milliseconds. */
const [SHOWN_WITHIN_MS, LONGEST_TASK_MS] = [100, 200];

/**
 * Runs in the page: notes how long after its time a snapshot is painted, and every task of more than 50 ms. A task that
 * begins in the frame after the one with the changes runs when that frame is painted.
 */
const WATCH = `
  window.noted = { shownMs: [], tasksMs: [] };
  const parse = JSON.parse;
  JSON.parse = (text, ...rest) => {
    const value = parse(text, ...rest);
    if (value?.at && value.services) requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => noted.shownMs.push(Date.now() - Date.parse(value.at));
      port2.postMessage(0);
    });
    return value;
  };
  new PerformanceObserver((list) => noted.tasksMs.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: 'longtask' });`;

interface Noted {
  shownMs: number[];
  tasksMs: number[];
}

describe.skipIf(!chromium || process.env['E2E_IN_CONTAINERS'] === 'true')('the control room at full load', () => {
  let system: ProcessSystem;
  let browser: Browser;
  let operator: Person;
  let devtools: CDPSession;
  let buyers: Buyers;

  beforeAll(async () => {
    system = await startSystem({}, {});
    const shop = new Shop(system.url);
    await shop.stock(await shop.signIn(ADMIN), 'LAMP', { east: 50_000 });
    browser = await openBrowser(chromium!);
    operator = await Person.at(browser, system.url);
    await operator.comeInAs('shopkeeper');
    await operator.page.addInitScript(WATCH);
    devtools = await operator.page.context().newCDPSession(operator.page);
    await devtools.send('Performance.enable');
    buyers = new Buyers(shop, await shop.signIn(), 'LAMP', BUYERS);
    await buyers.more(ORDERS);
  }, 120_000);
  afterAll(async () => {
    await buyers?.stop();
    await browser?.close();
    await system?.close();
  });

  /** Time that the page has computed and painted so far. */
  const busySeconds = async (): Promise<number> => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')!.value;
  };

  it.each(['', '?queue=orders.events', '/figures', '/facts'])(
    'shows /machine%s in time, and answers',
    async (view) => {
      await operator.page.goto(`/machine${view}`);
      await operator.sees(/orders placed|Orders placed/i);
      // What the page does at its start is not what is measured.
      await buyers.more(ORDERS / 5);
      await operator.page.evaluate('noted.shownMs.length = noted.tasksMs.length = 0');
      const [began, busyBefore] = [performance.now(), await busySeconds()];
      await buyers.more(ORDERS);
      const seconds = (performance.now() - began) / 1_000;
      const busy = ((await busySeconds()) - busyBefore) / seconds;
      const { shownMs, tasksMs } = (await operator.page.evaluate('noted')) as Noted;
      if (view === '') await operator.takePicture('machine', { fullPage: true });
      const sorted = shownMs.toSorted((one, other) => one - other);
      const median = sorted[Math.floor(sorted.length / 2)]!;
      const longest = Math.max(0, ...tasksMs);
      console.log(
        `/machine${view} beside ${(ORDERS / seconds).toFixed(0)} orders/s: ${sorted.length} snapshots shown after ` +
          `${median} ms, at most ${sorted.at(-1)}; ${tasksMs.length} tasks over 50 ms, the longest ${longest} ms; ` +
          `the page is busy for ${(busy * 100).toFixed(0)} % of the time`,
      );
      expect(sorted.length).toBeGreaterThan(2);
      expect(median).toBeLessThan(SHOWN_WITHIN_MS);
      expect(longest).toBeLessThan(LONGEST_TASK_MS);
      expect(operator.errors).toEqual([]);
    },
    120_000,
  );
});
