import type { Browser, Route } from 'playwright-core';
import { eventually, type System } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, openBrowser } from './browser.js';
import { Person } from './person.js';
import { sharedShop } from './shared-system.js';
import type { Shop } from './shop.js';

const chromium = findChromium();
if (!chromium) console.log('No Chromium on this machine: the tests of the page are skipped. CHROMIUM may name one.');

describe.skipIf(!chromium)('the page in a browser', () => {
  let system: System;
  let shop: Shop;
  let customer: string;
  let browser: Browser;
  const people: Person[] = [];

  beforeAll(async () => {
    ({ system, shop, customer } = await sharedShop.open());
    browser = await openBrowser(chromium!);
  });
  afterAll(() => browser?.close());

  const somebody = async (who: 'customer' | 'shopkeeper' = 'customer'): Promise<Person> => {
    const person = await Person.at(browser, system.url);
    people.push(person);
    await person.comeInAs(who);
    return person;
  };
  const orders = async () =>
    (await shop.call<{ items: { id: string }[] }>('GET', '/orders?limit=100', { token: customer })).body.items;

  it('sells a product as a person buys it, once although they press twice', async () => {
    const ann = await somebody();
    const before = (await orders()).map(({ id }) => id);
    await ann.putInCart('Mug, white');
    await ann.page.reload();
    await ann.go('Cart, 1 piece');
    await ann.typeAddress();
    await ann.type('Coupon', 'welcome10');
    await ann.page.getByRole('button', { name: 'Place the order' }).dblclick();
    await ann.heading('Waiting for your payment');
    await ann.sees('Discount WELCOME10');
    await ann.pay('4000000000000002');
    await ann.sees('The card was declined');
    await ann.pay();
    await ann.heading('Delivered');
    await ann.sees('Order completed');
    expect((await orders()).filter(({ id }) => !before.includes(id))).toHaveLength(1);
    await ann.page.getByRole('link', { name: /Inbox, [1-9]/ }).click();
    await ann.sees(/has arrived/);
  });

  it('loses nothing when the token ends in the middle of a checkout', async () => {
    const ann = await somebody();
    await ann.putInCart('Mug, enamel');
    await ann.go('Cart, 1 piece');
    await ann.typeAddress();
    const token = String(await ann.page.evaluate("JSON.parse(sessionStorage['sluice.session']).token"));
    const signOut = () => shop.call('DELETE', '/sessions/current', { token });
    // On the way of the order: before it, a request that the page makes by itself might be the first to be refused.
    const endTheToken = async (route: Route) => (await signOut(), await route.continue());
    await ann.page.route('**/orders', endTheToken, { times: 1 });
    await ann.press('Place the order');
    await ann.heading('Sign in');
    expect(await ann.violations()).toEqual([]);
    await ann.signInAgain();
    await ann.heading('Waiting for your payment');
    await ann.sees('1 × Mug, enamel');
    await ann.cancel();
  });

  it('goes on by itself after the gateway was gone', async () => {
    const ann = await somebody();
    await ann.page.goto('/shop');
    await ann.sees('Mug, white');
    await system.stop('gateway');
    await ann.sees('The shop cannot be reached');
    await system.start('gateway');
    await ann.page.getByText('The shop cannot be reached').waitFor({ state: 'detached' });
    await ann.putInCart('Cap, navy');
    await ann.go('Cart, 1 piece');
  });

  it('takes an order while the service of orders is down, and shows it once it is placed', async () => {
    const ann = await somebody();
    await ann.putInCart('Cap, navy');
    await ann.go('Cart, 1 piece');
    await ann.typeAddress();
    await system.stop('orders');
    await ann.press('Place the order');
    await ann.heading('Your order is accepted');
    await system.start('orders');
    await ann.heading('Waiting for your payment');
    await ann.cancel();
  });

  it('lets one of two win a flash sale, and the other when the first does not pay', async () => {
    const keeper = await somebody('shopkeeper');
    const ann = await somebody();
    await keeper.page.goto('/keeper/sales');
    await keeper.page.getByLabel('Product', { exact: true }).selectOption('BOTTLE-STEEL');
    for (const [label, text] of [
      ['Price in the sale', '9.90'],
      ['Pieces', '1'],
      ['Opens in (seconds)', '2'],
      // Both press in this time: a win that expires before the other presses would make two winners.
      ['Time to pay (seconds)', '12'],
    ] as const)
      await keeper.type(label, text);
    await keeper.press('Open it');
    await keeper.sees('The sale is set up');
    await keeper.go('Visit');
    await ann.page.goto(new URL(keeper.page.url()).pathname);
    for (const person of [ann, keeper]) await person.typeAddress();
    const both = [ann, keeper];
    await Promise.all(both.map((person) => person.press('I want one')));
    const winner = await Promise.any(both.map((person) => person.heading('You have won one!').then(() => person)));
    const loser = winner === ann ? keeper : ann;
    await loser.sees(/Sold out|Not this time/);
    await winner.heading('The time to pay is over');
    expect(await winner.page.getByRole('button', { name: /I want one|Try again/ }).count()).toBe(0);
    await eventually(
      async () => {
        await loser.press(/I want one|Try again/, 1_000).catch(() => {});
        await loser.heading('You have won one!', 2_000);
      },
      { withinMs: 20_000 },
    );
    await loser.pay();
    await loser.sees(/Paid, being packed|On its way|Delivered/);
  });

  it('tells somebody who was away that a product is back, once', async () => {
    const ann = await somebody();
    await ann.page.goto('/shop');
    await ann.press('Tell me when it is back: Poster, 2019 edition');
    await ann.sees('You will find a message in your inbox');
    await ann.leave();
    const keeper = await somebody('shopkeeper');
    await keeper.page.goto('/keeper');
    await keeper.press('Take in stock of Poster, 2019 edition');
    await keeper.type('Pieces', '5');
    await keeper.page.getByRole('dialog').getByRole('button', { name: 'Take in stock' }).click();
    await keeper.sees('Now available: 5');
    const back = await somebody();
    await back.page.goto('/shop/inbox');
    await back.sees('Poster, 2019 edition is back.');
    expect(await back.page.getByText('Poster, 2019 edition is back.').count()).toBe(1);
  });

  it('is usable by everybody: axe finds nothing in any view, in both themes', async () => {
    const orderId = (await orders())[0]!.id;
    const { items: sales } = (await shop.call<{ items: { id: string }[] }>('GET', '/flash-sales', {})).body;
    const ofCustomer = { shop: '/shop', cart: '/shop/cart', orders: '/shop/orders', order: `/shop/orders/${orderId}` };
    const others = { inbox: '/shop/inbox', account: '/shop/account', sales: '/sale', sale: `/sale/${sales[0]!.id}` };
    const ofKeeper = { products: '/keeper', coupons: '/keeper/coupons', keeperSales: '/keeper/sales' };
    const anybody = { start: '/', machine: '/machine', missing: '/nowhere' };
    const found = await Promise.all([
      viewsOf(await somebody(), { ...anybody, ...ofCustomer }),
      viewsOf(await somebody('shopkeeper'), { ...ofKeeper, ...others }),
    ]);
    expect(found.flat()).toEqual([]);
  });

  /** Looks at each view in both themes, and takes pictures of it. @returns what is wrong */
  async function viewsOf(person: Person, views: Record<string, string>): Promise<string[]> {
    const found: string[] = [];
    for (const [name, url] of Object.entries(views)) {
      await person.page.goto(url);
      await person.page.getByRole('heading', { level: 1 }).waitFor();
      await person.page.getByText('One moment…').waitFor({ state: 'detached' });
      for (const colorScheme of ['light', 'dark'] as const) {
        await person.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        // The themes differ by their colours alone.
        const rules = colorScheme === 'dark' ? ['color-contrast'] : [];
        found.push(...(await person.violations(...rules)).map((violation) => `${name}, ${colorScheme}: ${violation}`));
        await person.takePicture(`${name}-${colorScheme}`, { fullPage: true });
      }
    }
    return found;
  }

  it('is whole on a phone and in Chinese', async () => {
    const li = await Person.at(browser, system.url, { viewport: { width: 390, height: 844 }, locale: 'zh-CN' });
    people.push(li);
    await li.comeInAs('customer', { button: '以顾客身份进入', hint: '一键即可登录' });
    const order = `/shop/orders/${(await orders())[0]!.id}`;
    for (const [name, url] of Object.entries({
      start: '/',
      shop: '/shop',
      cart: '/shop/cart',
      order,
      sales: '/sale',
    })) {
      await li.page.goto(url);
      await li.page.getByRole('heading', { level: 1 }).waitFor();
      await li.page.getByText('请稍候…').waitFor({ state: 'detached' });
      await li.takePicture(`${name}-phone-zh`);
      expect(await li.page.evaluate('document.documentElement.scrollWidth <= innerWidth'), name).toBe(true);
    }
  });

  it('has had no error and no refusal of its policy in all of this', () =>
    expect(people.flatMap(({ errors }) => errors)).toEqual([]));
});
