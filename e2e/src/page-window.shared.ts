import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, openBrowser } from './browser.js';
import { Person } from './person.js';
import type { Shop } from './shop.js';
import { tracedShop } from './traced-shop.js';

const chromium = findChromium();

describe.skipIf(!chromium)('the page of an order that nobody pays', () => {
  let shop: Shop;
  let customer: string;
  let browser: Browser;
  let ann: Person;

  beforeAll(async () => {
    let url: string;
    ({
      system: { url },
      shop,
      customer,
    } = await tracedShop.open());
    browser = await openBrowser(chromium!);
    ann = await Person.at(browser, url);
    await ann.comeInAs('customer');
  });
  afterAll(() => browser?.close());

  it('counts down, and says that it was cancelled when the time is over', async () => {
    const id = await shop.placeForSure(customer, 'MUG-WHITE');
    await ann.page.goto(`/shop/orders/${id}`);
    await ann.heading('Payment');
    await ann.heading('Cancelled');
    await ann.sees('It was not paid in time.');
    expect(await ann.page.getByRole('button', { name: /^Pay / }).count()).toBe(0);
    expect(ann.errors).toEqual([]);
  });
});
