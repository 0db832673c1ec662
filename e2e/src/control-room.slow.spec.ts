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
const ORDERS = 480;
/** From a snapshot or a fact to the screen, at half of them; and how long the page may not answer. Milliseconds. */
const [SHOWN_WITHIN_MS, LONGEST_TASK_MS] = [100, 200];

/**
 * Runs in the page: notes how long after its time a snapshot is painted and a line of a fact, and every task of more
 * than 50 ms. A task that begins in the frame after the one with the changes runs when that frame is painted.
 */
const WATCH = `
  window.noted = { shownMs: [], factsMs: [], tasksMs: [] };
  const painted = (note) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = note;
    port2.postMessage(0);
  });
  const parse = JSON.parse;
  JSON.parse = (text, ...rest) => {
    const value = parse(text, ...rest);
    if (value?.at && value.services) painted(() => noted.shownMs.push(Date.now() - Date.parse(value.at)));
    return value;
  };
  new MutationObserver((changes) => {
    const lines = changes.flatMap(({ addedNodes }) => [...addedNodes].filter((node) => node.matches?.('.facts > li')));
    const saidAt = lines.map((line) => Date.parse(line.querySelector('time').dateTime));
    if (saidAt.length > 0) painted(() => noted.factsMs.push(...saidAt.map((at) => Date.now() - at)));
  }).observe(document, { subtree: true, childList: true });
  new PerformanceObserver((list) => noted.tasksMs.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: 'longtask' });`;

interface Noted {
  shownMs: number[];
  factsMs: number[];
  tasksMs: number[];
}

describe.skipIf(!chromium || process.env['E2E_IN_CONTAINERS'] === 'true')('the control room at full load', () => {
  let system: ProcessSystem;
  let browser: Browser;
  let operator: Person;
  let devtools: CDPSession;
  let shop: Shop;
  let token: string;
  let buyers: Buyers;

  beforeAll(async () => {
    system = await startSystem({}, {});
    shop = new Shop(system.url);
    await shop.stock(await shop.signIn(ADMIN), 'LAMP', { east: 50_000 });
    browser = await openBrowser(chromium!);
    operator = await Person.at(browser, system.url);
    await operator.comeInAs('shopkeeper');
    await operator.page.addInitScript(WATCH);
    devtools = await operator.page.context().newCDPSession(operator.page);
    await devtools.send('Performance.enable');
    token = await shop.signIn();
    buyers = new Buyers(shop, token, 'LAMP', BUYERS);
    await buy(ORDERS);
  }, 180_000);
  afterAll(async () => {
    await buyers?.stop();
    await browser?.close();
    await system?.close();
  });

  /** Waits for each round of the buyers by itself, so that a slow machine takes longer and does not fail. */
  const buy = async (orders: number): Promise<void> => {
    for (let paid = 0; paid < orders; paid += BUYERS) await buyers.more(Math.min(BUYERS, orders - paid));
  };

  /** Time that the page has computed and painted so far. */
  const busySeconds = async (): Promise<number> => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')!.value;
  };

  const forget = () => operator.page.evaluate('for (const list of Object.values(noted)) list.length = 0');
  const noted = () => operator.page.evaluate('noted') as Promise<Noted>;

  it.each(['', '?queue=orders.events', '/figures', '/facts'])(
    'shows /machine%s in time, and answers',
    async (view) => {
      await operator.page.goto(`/machine${view}`);
      await operator.sees(/orders placed|Orders placed/i);
      // What the page does at its start is not what is measured.
      await buy(ORDERS / 10);
      await forget();
      const [began, busyBefore] = [performance.now(), await busySeconds()];
      await buy(ORDERS);
      const seconds = (performance.now() - began) / 1_000;
      const busy = ((await busySeconds()) - busyBefore) / seconds;
      const { shownMs, factsMs, tasksMs } = await noted();
      if (view === '') await operator.takePicture('machine', { fullPage: true });
      const longest = Math.max(0, ...tasksMs);
      console.log(
        `/machine${view} beside ${(ORDERS / seconds).toFixed(0)} orders/s: ${shownMs.length} snapshots shown after ` +
          `${median(shownMs)} ms, at most ${Math.max(...shownMs)}; ` +
          `${factsMs.length} facts after ${median(factsMs) ?? '-'} ms; ` +
          `${tasksMs.length} tasks over 50 ms, the longest ${longest} ms; ` +
          `the page is busy for ${(busy * 100).toFixed(0)} % of the time`,
      );
      expect(shownMs.length).toBeGreaterThan(4);
      expect(median(shownMs)).toBeLessThan(SHOWN_WITHIN_MS);
      expect(longest).toBeLessThan(LONGEST_TASK_MS);
      expect(operator.errors).toEqual([]);
    },
    120_000,
  );

  it('shows the facts of one order as they are said', async () => {
    await buyers.stop();
    await operator.page.goto('/machine/facts?pattern=order.%23');
    await operator.sees('order.completed');
    await forget();
    const one = new Buyers(shop, token, 'LAMP', 1);
    await one.more(10);
    await one.stop();
    const { factsMs } = await noted();
    console.log(
      `${factsMs.length} facts of 10 orders shown after ${median(factsMs)} ms, at most ${Math.max(...factsMs)}`,
    );
    expect(factsMs.length).toBeGreaterThan(20);
    expect(median(factsMs)).toBeLessThan(SHOWN_WITHIN_MS);
  }, 60_000);
});

const median = (values: number[]): number | undefined =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
