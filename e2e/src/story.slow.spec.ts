import { CARD } from '@sluice/stack/shop-client';
import { canStartBroker } from '@sluice/testing';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, openBrowser } from './browser.js';
import { OwnStart } from './own-start.js';
import { Person } from './person.js';

const chromium = findChromium();
/** Longer than a broker takes to stop and to start on a slow machine, while a customer pays. Seconds. */
const PAYMENT_WINDOW = 30;
/** Orders that are placed while logistics is stopped. */
const ORDERS = 2;
/** Orders or claims of a burst, and the pieces of the sale that a burst of claims opens. */
const MANY = 40;
const SALE_OF = 20;
/** The longest that the control room may take to show something. Milliseconds. */
const SHOWN_WITHIN_MS = 30_000;
const SETTINGS = {
  PAYMENT_WINDOW_SECONDS: String(PAYMENT_WINDOW),
  CARRIER_DELAY_SECONDS: '1',
  RATE_LIMIT_PER_MINUTE: '0',
  SIGN_IN_LIMIT_PER_MINUTE: '0',
};

describe.skipIf(!chromium || !canStartBroker || process.env['E2E_IN_CONTAINERS'] === 'true')(
  'what a person can see after `npm start`, without a terminal',
  () => {
    let start: OwnStart;
    let browser: Browser;
    const people: Person[] = [];

    beforeAll(async () => {
      start = await OwnStart.begin(SETTINGS);
      browser = await openBrowser(chromium!);
    });
    afterAll(async () => {
      await browser?.close();
      await start?.end();
    });

    const somebody = async (who: 'customer' | 'shopkeeper'): Promise<Person> => {
      const person = await Person.at(browser, start.url);
      people.push(person);
      await person.comeInAs(who);
      return person;
    };

    it('is the whole story', async () => {
      const [ann, bob, keeper] = [await somebody('customer'), await somebody('customer'), await somebody('shopkeeper')];
      await order(bob, 'Cap, navy'); // and never pays
      await follows(ann);
      await seesItExpire(bob);
      await oneWinsAndOneLoses(ann, keeper);
      await findsOneAlert(bob, keeper, () => somebody('customer'));
      await stopsLogistics(keeper);
      await goesOnOrdering(ann);
      await seesTheQueueGrow(keeper);
      await seesItDrain(keeper);
      await ann.heading('Delivered');
      await carrierRefuses(keeper);
      await orderAndPay(ann, 'Cap, navy');
      await redrivesADeadLetter(keeper);
      await ann.heading('Delivered');
    });

    it('is a broker that is killed and a network that is cut, and orders that wait for both', async () => {
      const [ann, keeper] = [await somebody('customer'), await somebody('shopkeeper')];
      await keeper.page.goto('/machine/switches');
      await turn(keeper, 'payments', 'Cut its network');
      await shows(keeper, 'payments is gone');
      await order(ann, 'Mug, white', 'Checking stock');
      await turn(keeper, 'payments', 'Mend its network');
      await ann.heading('Waiting for your payment', SHOWN_WITHIN_MS);
      await turn(keeper, 'RabbitMQ', 'Stop');
      await ann.type('Card number', CARD);
      await ann.press(/^Pay /);
      await turn(keeper, 'RabbitMQ', 'Start');
      await ann.heading('Delivered', 2 * SHOWN_WITHIN_MS);
      await shows(keeper, 'All is well');
    });

    it('is many people at once, and a provider that fails them', async () => {
      const keeper = await somebody('shopkeeper');
      await keeper.page.goto('/machine/switches');
      await turn(keeper, 'card gateway', 'Fail');
      await keeper.type('How many', String(MANY));
      await keeper.press('Send orders');
      await shows(keeper, `${MANY} of ${MANY} orders accepted`);
      await shows(keeper, 'payments: card gateway fails');
      await turn(keeper, 'card gateway', 'Mend');
      await shows(keeper, 'All is well');
      await keeper.press('Send claims', SHOWN_WITHIN_MS);
      expect(await claimsOf(keeper)).toBeGreaterThanOrEqual(SALE_OF);
    });

    it.each(['light', 'dark'] as const)(
      'has nothing that bars a reader or a keyboard, in %s colours',
      async (theme) => {
        const keeper = await somebody('shopkeeper');
        await keeper.page.emulateMedia({ colorScheme: theme });
        for (const view of ['switches', 'letters', '?service=logistics']) {
          await keeper.page.goto(`/machine/${view}`);
          await shows(keeper, 'All is well');
          expect(await keeper.violations(), view).toEqual([]);
        }
      },
    );

    it('has had no error and no refusal of its policy in all of this', () =>
      expect(people.flatMap(({ errors }) => errors)).toEqual([]));
  },
);

/** Puts a product in the cart and places the order, which then waits for the payment, or for a service. */
async function order(person: Person, product: string, waits = 'Waiting for your payment'): Promise<void> {
  await person.putInCart(product);
  await person.go('Cart, 1 piece');
  await person.typeAddress();
  await person.press('Place the order');
  await person.heading(waits);
}

async function orderAndPay(person: Person, product: string): Promise<void> {
  await order(person, product);
  await person.pay();
  await person.heading('Paid, being packed');
}

async function follows(ann: Person): Promise<void> {
  await order(ann, 'Mug, white');
  await ann.pay();
  await ann.heading('Delivered');
  await ann.sees('Order completed');
}

async function seesItExpire(bob: Person): Promise<void> {
  await bob.heading('Cancelled', PAYMENT_WINDOW * 1_000 + SHOWN_WITHIN_MS);
  await bob.sees('It was not paid in time.');
}

/** Two windows, and one piece. */
async function oneWinsAndOneLoses(ann: Person, keeper: Person): Promise<void> {
  await opensASale(keeper);
  await ann.page.goto(new URL(keeper.page.url()).pathname);
  const both = [ann, keeper];
  await keeper.typeAddress(); // that of ann is remembered
  await Promise.all(both.map((person) => person.press('I want one')));
  const winner = await Promise.any(both.map((person) => person.heading('You have won one!').then(() => person)));
  const loser = winner === ann ? keeper : ann;
  await Promise.all([loser.sees(/Sold out|Not this time/), winner.pay()]);
  await winner.sees(/Paid, being packed|On its way|Delivered/);
}

async function opensASale(keeper: Person): Promise<void> {
  await keeper.page.goto('/keeper/sales');
  await keeper.page.getByLabel('Product', { exact: true }).selectOption('BOTTLE-STEEL');
  await keeper.type('Price in the sale', '9.90');
  await keeper.type('Pieces', '1');
  await keeper.type('Opens in (seconds)', '1');
  await keeper.type('Time to pay (seconds)', String(PAYMENT_WINDOW));
  await keeper.press('Open it');
  await keeper.sees('The sale is set up');
  await keeper.go('Visit');
}

/** Somebody watches a product and closes the page; the product comes back; they open the page again. */
async function findsOneAlert(bob: Person, keeper: Person, comeBack: () => Promise<Person>): Promise<void> {
  await bob.page.goto('/shop');
  await bob.press('Tell me when it is back: Poster, 2019 edition');
  await bob.sees('You will find a message in your inbox');
  await bob.leave();
  await keeper.page.goto('/keeper');
  await keeper.press('Take in stock of Poster, 2019 edition');
  await keeper.type('Pieces', '5');
  await keeper.page.getByRole('dialog').getByRole('button', { name: 'Take in stock' }).click();
  await keeper.sees('Now available: 5');
  const back = await comeBack();
  await back.page.goto('/shop/inbox');
  await back.sees('Poster, 2019 edition is back.');
  expect(await back.page.getByText('Poster, 2019 edition is back.').count()).toBe(1);
}

async function stopsLogistics(keeper: Person): Promise<void> {
  await keeper.page.goto('/machine?service=logistics');
  await turn(keeper, 'logistics', 'Stop');
  await shows(keeper, 'logistics is gone');
}

/** One after the other: facts of one commit would be one message in the queue. */
async function goesOnOrdering(ann: Person): Promise<void> {
  for (let n = 0; n < ORDERS; n += 1) await orderAndPay(ann, 'Mug, enamel');
}

const seesTheQueueGrow = (keeper: Person): Promise<void> => waiting(keeper, ORDERS);

async function seesItDrain(keeper: Person): Promise<void> {
  await turn(keeper, 'logistics', 'Start');
  await shows(keeper, 'All is well');
  await waiting(keeper, 0);
}

async function carrierRefuses(keeper: Person): Promise<void> {
  await keeper.go('Switches');
  await turn(keeper, 'carrier', 'Refuse');
}

/** The booking of a parcel. Once the carrier is mended, it is sent home, and booked. */
async function redrivesADeadLetter(keeper: Person): Promise<void> {
  await shows(keeper, /1 dead letters of logistics/);
  await turn(keeper, 'carrier', 'Mend');
  await keeper.go('Dead letters');
  await keeper.sees('the carrier refuses everything');
  await keeper.press(/^Send them home, to logistics/);
  await keeper.sees('There are no dead letters.');
}

/** How many claims of a burst the shop has accepted, of those that came before the sale was sold out. */
async function claimsOf(keeper: Person): Promise<number> {
  await shows(keeper, `of ${MANY} claims accepted`);
  await keeper.page.getByRole('button', { name: 'Send claims', disabled: false }).waitFor({ timeout: SHOWN_WITHIN_MS });
  const text = await keeper.page.getByText(`of ${MANY} claims accepted`).innerText();
  const [accepted = 0, , refused = 0] = [...text.matchAll(/\d+/g)].map(Number);
  expect(accepted + refused).toBe(MANY);
  return accepted;
}

/** Presses one of the buttons of a thing that can be switched. */
const turn = (keeper: Person, what: string, how: string): Promise<void> =>
  keeper.page
    .getByRole('group', { name: `Switches of ${what}`, exact: true })
    .getByRole('button', { name: how, exact: true })
    .click({ timeout: SHOWN_WITHIN_MS });

/** The picture shows that so many messages wait for logistics. */
const waiting = (keeper: Person, count: number): Promise<void> =>
  keeper.page
    .getByRole('button', { name: new RegExp(`^events ${count} .*at logistics`) })
    .waitFor({ timeout: SHOWN_WITHIN_MS });

const shows = (keeper: Person, text: string | RegExp): Promise<void> =>
  keeper.page.getByText(text).first().waitFor({ timeout: SHOWN_WITHIN_MS });
