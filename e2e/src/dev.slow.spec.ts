import { randomUUID } from 'node:crypto';
import { canStartBroker, eventually } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Buyers } from './buyers.js';
import { Checkout, type Running } from './checkout.js';
import { Shop } from './shop.js';

const BUYERS = 2;
const SKU = 'TEE-BLACK';
/** In a response of orders to everybody who looks for an order that does not exist. */
const QUERIES = 'apps/orders/src/order.queries.ts';
const TITLE = /Order not found[^']*/;
const DEBUGGER_PORT = 29_229;

/** `npm run dev` on a copy of this checkout, with servers of its own. */
describe.skipIf(!canStartBroker || process.env['E2E_IN_CONTAINERS'] === 'true')('while a developer works', () => {
  let checkout: Checkout;
  let shop: Shop;
  let customer: string;

  beforeAll(() => void (checkout = new Checkout()));
  afterEach(() => checkout.stop());
  afterAll(() => checkout?.close());

  async function open(): Promise<void> {
    shop = new Shop(checkout.url);
    customer = await shop.signIn();
  }
  const pids = (): Map<string, number> => new Map(checkout.services().map(({ service, pid }) => [service, pid]));
  const restartedSince = (before: Map<string, number>): string[] =>
    [...pids()].filter(([service, pid]) => before.get(service) !== pid).map(([service]) => service);

  const answers = (title: string): Promise<void> =>
    eventually(
      async () => {
        const { body } = await shop.getOrder(customer, randomUUID());
        expect(body).toMatchObject({ title });
      },
      { withinMs: 60_000 },
    );

  /** The lines with the times, for the reader of the report. */
  const report = (dev: Running): void =>
    console.log(
      dev
        .output()
        .match(/^✓ .*after the change$/gm)
        ?.join('\n'),
    );

  it('restarts the service whose source has changed, and no other; after an error of the compiler none', async () => {
    const dev = await checkout.run(['dev']);
    await dev.prints('Watching the sources');
    await open();
    const before = pids();
    expect(before.size).toBe(9);

    checkout.change(QUERIES, TITLE, 'Order not found, first change');
    await answers('Order not found, first change');
    await dev.prints('✓ orders ready');
    expect(restartedSince(before)).toEqual(['orders']);

    const afterFirst = pids();
    checkout.change(QUERIES, TITLE, "Order not found, broken' - '");
    await dev.prints('The services keep running');
    expect(dev.output()).toMatch(/│ apps\/orders\/src\/order\.queries\.ts\(\d+,\d+\): error TS\d+/);
    checkout.change('apps/orders/src/order.spec.ts', /^/, '// A spec is not part of the service.\n');
    await answers('Order not found, first change');
    expect(restartedSince(afterFirst)).toEqual([]);

    checkout.change(QUERIES, "broken' - '", 'second change');
    await answers('Order not found, second change');
    expect(restartedSince(afterFirst)).toEqual(['orders']);
    report(dev);

    const { length } = dev.output();
    checkout.change(QUERIES, 'second change', 'third change');
    await eventually(() => expect(dev.output().slice(length)).toContain('restarting orders'), { withinMs: 60_000 });
    expect(await dev.interrupt()).toBe(0); // while the service restarts
    expect(dev.output()).toContain('✓ stopped');
    expect(dev.output().slice(length)).not.toContain('✗');
    expect(checkout.services()).toEqual([]);
  }, 400_000);

  it('takes over one service of a running system, loses no order, and gives it back', async () => {
    const start = await checkout.run(['start', '--no-demo']);
    await start.prints('Ctrl-C stops everything');
    await open();
    const buyers = new Buyers(shop, customer, SKU, BUYERS);
    await buyers.more(BUYERS);
    const before = pids();

    const dev = await checkout.run(['dev', 'orders', '--inspect', `orders:${DEBUGGER_PORT}`], { LOG_LEVEL: 'debug' });
    await dev.prints('Watching the sources');
    expect(dev.output()).toMatch(/^orders +│ Debugger listening on ws:\/\/127\.0\.0\.1:29229/m);
    expect(await debuggedPrograms()).toEqual([expect.stringMatching(/apps\/orders\/dist\/main\.js$/)]);
    await buyers.more(BUYERS);
    checkout.change(QUERIES, TITLE, 'Order not found, fourth change');
    await answers('Order not found, fourth change');
    await dev.prints('✓ orders ready');
    expect(restartedSince(before)).toEqual(['orders']);
    await buyers.more(BUYERS);
    report(dev);
    const taken = pids();
    expect(await dev.interrupt()).toBe(0);

    expect(restartedSince(taken)).toEqual(['orders']);
    expect(await debuggedPrograms()).toEqual([]);
    await answers('Order not found, fourth change');
    await buyers.more(BUYERS);
    await buyers.stop();
    for (const id of buyers.orders) await shop.reaches(customer, id, 'completed');

    const again = await checkout.run(['dev', 'orders']);
    await again.prints('Watching the sources');
    const held = pids();
    await again.kill();
    expect(await shop.reachesEnd(customer, await shop.placeForSure(customer, SKU))).toMatchObject({
      status: 'awaiting_payment',
    });
    expect(restartedSince(held)).toEqual([]);
    expect(await start.interrupt()).toBe(0);
  }, 400_000);
});

/** The programs that a debugger finds at the port of this spec. */
const debuggedPrograms = (): Promise<string[]> =>
  fetch(`http://127.0.0.1:${DEBUGGER_PORT}/json/list`).then(
    async (answer) => ((await answer.json()) as { title: string }[]).map(({ title }) => title),
    () => [],
  );
