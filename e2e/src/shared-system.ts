import { startSystem, type System } from '@sluice/testing';
import { ADMIN, Shop } from './shop.js';

export interface SharedShop {
  system: System;
  shop: Shop;
  /** Tokens of the demo's customer and of its administrator. */
  customer: string;
  admin: string;
}

let system: Promise<System> | undefined;
let opened: Promise<SharedShop> | undefined;

/** A shared shop for all tests that change no setting and stop no service: starting one costs more than most tests. */
export const sharedShop = (): Promise<SharedShop> => (opened ??= open());

async function open(): Promise<SharedShop> {
  const running = await (system ??= startSystem());
  const shop = new Shop(running.url);
  return { system: running, shop, customer: await shop.signIn(), admin: await shop.signIn(ADMIN) };
}

export async function closeSharedShop(): Promise<void> {
  await (await system)?.close();
}
