import { expect, it } from 'vitest';
import { startOrders } from './testing/running.js';

const NOWHERE = { AMQP_URL: 'amqp://127.0.0.1:1', DATABASE_URL: 'postgresql://127.0.0.1:1/none' };

it.each([
  ['PAYMENT_WINDOW_SECONDS', '0'],
  ['PAYMENT_WINDOW_SECONDS', '1.5'],
  ['ORDER_DEADLINE_SECONDS', 'two hours'],
  ['ORDER_DEADLINE_SECONDS', '2592001'],
  ['DEADLINE_SWEEP_MS', '-1'],
])('does not start with a bad %s (%s), and names it', async (name, value) => {
  await expect(startOrders(NOWHERE, { [name]: value })).rejects.toThrow(`${name} is not valid`);
});
