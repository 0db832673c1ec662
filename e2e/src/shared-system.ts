import { startSystem, type System } from '@sluice/testing';
import { ADMIN, Shop } from './shop.js';

export interface OpenShop<S extends System> {
  system: S;
  shop: Shop;
  /** Tokens of the demo's customer and of its administrator. */
  customer: string;
  admin: string;
}

/**
 * A shop that several files of tests use one after the other, each with its own products: starting a system takes
 * longer than most tests.
 */
export class SharedShop<S extends System = System> {
  #system: Promise<S> | undefined;
  #opened: Promise<OpenShop<S>> | undefined;

  /** @param start starts the system, at the first `open` */
  constructor(private readonly start: () => Promise<S>) {}

  open(): Promise<OpenShop<S>> {
    return (this.#opened ??= this.#open());
  }

  async close(): Promise<void> {
    await (await this.#system)?.close();
  }

  async #open(): Promise<OpenShop<S>> {
    const system = await (this.#system ??= this.start());
    const shop = new Shop(system.url);
    return { system, shop, customer: await shop.signIn(), admin: await shop.signIn(ADMIN) };
  }
}

/** For tests that need no special setting and stop no service. */
export const sharedShop = new SharedShop(() => startSystem());
