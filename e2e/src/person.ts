import { mkdirSync } from 'node:fs';
import { ADDRESS, ADMIN, CARD, CUSTOMER } from '@sluice/stack/shop-client';
import { inRoot } from '@sluice/stack/workspace';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

const DESKTOP: BrowserContextOptions = { viewport: { width: 1280, height: 860 }, locale: 'en-US' };

/** Not committed: to look at. */
const PICTURES = inRoot('.sluice', 'pictures');

const IN_CONTAINERS = process.env['E2E_IN_CONTAINERS'] === 'true';

/** What a person waits for at most. Milliseconds. */
const PATIENCE_MS = 20_000;

/** Somebody in front of a browser of their own: what they do and see there. */
export class Person {
  private constructor(
    readonly page: Page,
    /** Errors that the page has thrown or printed: a refusal of the Content-Security-Policy is one. */
    readonly errors: string[],
  ) {}

  static async at(browser: Browser, baseURL: string, options: BrowserContextOptions = {}): Promise<Person> {
    const context = await browser.newContext({ baseURL, ...DESKTOP, ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    return Person.#before(await context.newPage());
  }

  /** The same browser in a second tab: with the same cart, and signed in by itself. */
  async inAnotherTab(): Promise<Person> {
    return Person.#before(await this.page.context().newPage());
  }

  static #before(page: Page): Person {
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    // A browser prints each response that is no 2xx, and each request that reached nobody; the page handles them.
    page.on('console', (line) => {
      if (line.type() === 'error' && !line.text().startsWith('Failed to load resource')) errors.push(line.text());
    });
    return new Person(page, errors);
  }

  /** Goes in by the demo's button; containers have none, and there by phone number and password. */
  async comeInAs(
    who: 'customer' | 'shopkeeper',
    words: { button: string | RegExp; hint: string } = {
      button: new RegExp(`Come in as .* ${who}`),
      hint: 'one click is enough',
    },
  ): Promise<void> {
    await this.page.goto('/');
    if (!IN_CONTAINERS) {
      await this.press(words.button);
      return this.page.getByText(words.hint).waitFor({ state: 'detached' });
    }
    await this.page.locator('header button.round').click();
    await this.page.locator('.menu button.primary').click();
    await this.#fillSignIn(who === 'customer' ? CUSTOMER : ADMIN);
  }

  /** Signs in where the page asks for it. */
  async signInAgain(): Promise<void> {
    if (IN_CONTAINERS) return this.#fillSignIn(CUSTOMER);
    await this.page.getByRole('dialog').getByRole('button', { name: 'Come in as a customer' }).click();
  }

  async #fillSignIn({ phone, password }: typeof CUSTOMER): Promise<void> {
    const dialog = this.page.getByRole('dialog');
    await dialog.locator('input[name=phone]').fill(phone);
    await dialog.locator('input[name=password]').fill(password);
    await dialog.locator('form button').click();
    await dialog.waitFor({ state: 'detached' });
  }

  press = (name: string | RegExp, timeout = PATIENCE_MS): Promise<void> =>
    this.page.getByRole('button', { name }).first().click({ timeout });

  go = (name: string | RegExp): Promise<void> => this.page.getByRole('link', { name }).first().click();

  /** @param text that is visible somewhere in the page */
  sees = (text: string | RegExp): Promise<void> => this.page.getByText(text).first().waitFor();

  heading = (name: string | RegExp, timeout = PATIENCE_MS): Promise<void> =>
    this.page.getByRole('heading', { name }).first().waitFor({ timeout });

  type = (label: string, text: string): Promise<void> => this.page.getByLabel(label, { exact: true }).fill(text);

  async typeAddress(): Promise<void> {
    const { name, street, city, postcode, country } = ADDRESS;
    await this.type('Name', name);
    await this.type('Street and number', street);
    await this.type('Postcode', postcode);
    await this.type('City', city);
    await this.type('Country', country);
  }

  async putInCart(product: string): Promise<void> {
    await this.page.goto('/shop');
    await this.press(`Add to the cart: ${product}`);
  }

  async pay(card = CARD): Promise<void> {
    await this.type('Card number', card);
    await this.press(/^Pay /);
  }

  async cancel(): Promise<void> {
    await this.press('Cancel the order');
    await this.press('Yes, cancel it');
    await this.heading('Cancelled');
  }

  /** What axe finds wrong in the view as it is: the rule and where. @param rules all if none is named */
  async violations(...rules: string[]): Promise<string[]> {
    await this.page.evaluate(axe.source);
    const options: axe.RunOptions = { resultTypes: ['violations'], ...(rules.length > 0 && { runOnly: rules }) };
    const script = `axe.run(document, ${JSON.stringify(options)})`;
    const { violations } = (await this.page.evaluate(script)) as axe.AxeResults;
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
  }

  /** @param options of the browser, such as the whole page instead of what is visible */
  async takePicture(name: string, options: { fullPage?: boolean } = {}): Promise<void> {
    mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: `${PICTURES}/${name}.png`, ...options });
  }

  leave = (): Promise<void> => this.page.context().close();
}
