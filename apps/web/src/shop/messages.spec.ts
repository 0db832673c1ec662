import { expect, it } from 'vitest';
import { placeOf, withMessage, type Message } from './messages.js';

const message = (id: string, second: number): Message => ({
  id,
  at: `2026-11-30T10:00:0${second}.000Z`,
  text: id,
  about: 'orders/1',
});
const idsOf = (messages: readonly Message[]): string[] => messages.map(({ id }) => id);

it('has the newest message first, in whatever order they arrive', () => {
  const known = [message('b', 2)];
  expect(idsOf(withMessage(withMessage(known, message('c', 3)), message('a', 1)))).toEqual(['c', 'b', 'a']);
});

it('has a message once that the list and the stream both bring', () =>
  expect(idsOf(withMessage([message('a', 1)], message('a', 1)))).toEqual(['a']));

it('leads to what a message is about', () => {
  expect(placeOf({ about: 'orders/1' })).toBe('/shop/orders/1');
  expect(placeOf({ about: 'products/TEE' })).toBe('/shop');
  expect(placeOf({ about: 'account' })).toBeUndefined();
});
