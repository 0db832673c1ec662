import { startSystem, type System } from '@sluice/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { cancelsUnpaid, racesToTheEnd, shortWindow, WINDOW_SECONDS, type ShortWindow } from './payment-window.js';

/** payment-window.spec.ts does the same with fewer. */
describe('a thousand payment windows', () => {
  let system: System;
  let window: ShortWindow;

  beforeAll(async () => {
    system = await startSystem({ PAYMENT_WINDOW_SECONDS: String(WINDOW_SECONDS) });
    window = await shortWindow(system);
  });
  afterAll(() => system?.close());

  it('end on time unpaid, and release stock and coupons', () => cancelsUnpaid(window, 1_000));

  it('end in a race with a payment charged or cancelled, never both, as answered', () => racesToTheEnd(window, 1_000));
});
