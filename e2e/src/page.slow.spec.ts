import { setInterval } from 'node:timers';
import { Proxy } from '@sluice/stack/proxy';
import { startSystem, type System } from '@sluice/testing';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, openBrowser } from './browser.js';
import { Person } from './person.js';
import { Shop } from './shop.js';

const chromium = findChromium();
/** Every connection is broken so often. Milliseconds. */
const BROKEN_EVERY_MS = 1_500;
/** A cheap phone, beside the machine that runs this. */
const CPU_SLOWDOWN = 5;
/** As Chromium's "Slow 4G": 150 ms there and back, 1.6 Mbit/s down, 750 kbit/s up. */
const SLOW_4G = { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 94_000 };
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
/** From the address to the products. Milliseconds. */
const USABLE_WITHIN_MS = 8_000;

describe.skipIf(!chromium)('the page', () => {
  let system: System;
  let shop: Shop;
  let customer: string;
  let browser: Browser;
  let ann: Person;

  beforeAll(async () => {
    system = await startSystem();
    shop = new Shop(system.url);
    customer = await shop.signIn();
    browser = await openBrowser(chromium!);
  }, 120_000);
  afterEach(() => ann?.leave());
  afterAll(async () => {
    await browser?.close();
    await system?.close();
  });
  const orders = async (): Promise<number> =>
    (await shop.call<{ items: unknown[] }>('GET', '/orders?limit=100', { token: customer })).body.items.length;

  it('sells one order through a network that breaks every connection again and again', async () => {
    const before = await orders();
    const network = await Proxy.before(() => Number(new URL(system.url).port));
    ann = await Person.at(browser, `http://127.0.0.1:${network.port}`);
    await ann.comeInAs('customer');
    await ann.page.goto('/shop');
    await ann.sees('Mug, white');
    const breaking = setInterval(() => network.reset(), BROKEN_EVERY_MS);
    try {
      await ann.press('Add to the cart: Mug, white');
      await ann.go('Cart, 1 piece');
      await ann.typeAddress();
      await ann.press('Place the order');
      await ann.heading('Waiting for your payment');
      await ann.pay();
      await ann.heading('Delivered');
      await ann.sees('Order completed');
      await ann.page.getByRole('link', { name: /Inbox, [1-9]/ }).click();
      await ann.sees(/has arrived/);
    } finally {
      clearInterval(breaking);
      await network.close();
    }
    expect(await orders()).toBe(before + 1);
    expect(ann.errors).toEqual([]);
  }, 120_000);

  it('is usable on a slow phone with a slow network', async () => {
    ann = await Person.at(browser, system.url, PHONE);
    const devtools = await ann.page.context().newCDPSession(ann.page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', SLOW_4G);
    const began = performance.now();
    await ann.page.goto('/shop');
    await ann.sees('Mug, white');
    const usableMs = performance.now() - began;
    console.log(`slow phone: the products after ${Math.round(usableMs)} ms`);
    expect(usableMs).toBeLessThan(USABLE_WITHIN_MS);
    await ann.comeInAs('customer');
    await ann.putInCart('Mug, white');
    await ann.go('Cart, 1 piece');
    await ann.typeAddress();
    await ann.press('Place the order');
    await ann.heading('Waiting for your payment');
    await ann.pay();
    await ann.heading('Delivered');
    expect(await ann.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(ann.errors).toEqual([]);
  }, 120_000);
});
