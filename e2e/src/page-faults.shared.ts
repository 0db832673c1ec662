import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, openBrowser } from './browser.js';
import { Person } from './person.js';
import { sharedShop } from './shared-system.js';
import type { Shop } from './shop.js';

const chromium = findChromium();

describe.skipIf(!chromium)('the page, when something goes wrong on the way', () => {
  let shop: Shop;
  let customer: string;
  let browser: Browser;
  let ann: Person;
  let before: string[];

  beforeAll(async () => {
    let url: string;
    ({
      system: { url },
      shop,
      customer,
    } = await sharedShop.open());
    browser = await openBrowser(chromium!);
    ann = await Person.at(browser, url);
    await ann.comeInAs('customer');
    before = await orders();
  });
  afterAll(() => browser?.close());

  const orders = async () => {
    const { body } = await shop.call<{ items: { id: string }[] }>('GET', '/orders?limit=100', { token: customer });
    return body.items.map(({ id }) => id);
  };
  const newOrders = async () => {
    const known = new Set(before);
    before = await orders();
    return before.filter((id) => !known.has(id));
  };
  const fillCart = async (product: string): Promise<void> => {
    await ann.putInCart(product);
    await ann.go('Cart, 1 piece');
    await ann.typeAddress();
  };

  it('says what 429 and 503 mean, and sends the same order again', async () => {
    await fillCart('Mug, white');
    const keys: (string | undefined)[] = [];
    const refusals = [429, 503];
    await ann.page.route('**/orders', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      keys.push(route.request().headers()['idempotency-key']);
      const status = refusals.shift();
      if (status === undefined) return route.continue();
      const body = JSON.stringify({ type: 'about:blank', title: 'Not now', status });
      const headers = { 'content-type': 'application/problem+json', 'retry-after': '1' };
      return route.fulfill({ status, headers, body });
    });
    await ann.press('Place the order');
    await ann.sees('Much is going on');
    await ann.sees('A part of the shop is not answering');
    await ann.heading('Waiting for your payment');
    expect(keys).toHaveLength(3);
    expect(keys).toEqual(Array(3).fill(keys[0]));
    expect(keys[0]).toMatch(/.{16}/);
    expect(await newOrders()).toHaveLength(1);
    await ann.cancel();
  });

  it('makes one order of one cart that two tabs order together, and both follow it', async () => {
    await fillCart('Mug, enamel');
    const other = await ann.inAnotherTab();
    await other.comeInAs('customer');
    await other.page.goto('/shop/cart');
    await other.typeAddress();
    const both = [ann, other];
    let pressed = 0;
    let send = (): void => {};
    const together = new Promise<void>((resolve) => (send = resolve));
    await ann.page.unrouteAll();
    await ann.page.context().route('**/orders', async (route) => {
      if (route.request().method() === 'POST' && ++pressed === both.length) send();
      if (route.request().method() === 'POST') await together;
      return route.continue();
    });
    await Promise.all(both.map((tab) => tab.press('Place the order')));
    for (const tab of both) await tab.heading('Waiting for your payment');
    expect(await newOrders()).toEqual([new URL(other.page.url()).pathname.split('/').at(-1)]);
    expect(ann.page.url()).toBe(other.page.url());
    await ann.cancel();
    await other.heading('Cancelled');
    expect(other.errors).toEqual([]);
  });

  it('loads itself again when a part of it could not be loaded', async () => {
    await ann.page.route('**/assets/sale-views*.js', (route) => route.abort(), { times: 1 });
    await ann.go('Flash sale');
    await ann.heading('Flash sale');
  });

  it('reads an order whose stream is refused', async () => {
    const id = await shop.placeForSure(customer, 'MUG-WHITE');
    await shop.reaches(customer, id, 'awaiting_payment');
    await ann.page.context().route('**/stream', (route) => route.fulfill({ status: 500, body: '' }));
    await ann.page.goto(`/shop/orders/${id}`);
    await ann.heading('Waiting for your payment');
    await shop.payForSure(customer, id);
    await ann.heading(/Paid|On its way|Delivered/);
    expect(ann.errors).toEqual([]);
  });
});
