import { expect, it } from 'vitest';
import { emptyShelf, moved, received, reserved } from './stock.js';

const shelves = { 'cap/east': received(emptyShelf('cap', 'east'), 5) };

it('moves pieces on the named shelves and returns no others', () => {
  const after = moved(
    { ...shelves, 'cap/west': received(emptyShelf('cap', 'west'), 5) },
    [{ sku: 'cap', warehouse: 'east', quantity: 2 }],
    reserved,
  );
  expect(after).toEqual({
    'cap/east': {
      sku: 'cap',
      warehouse: 'east',
      received: 5,
      onHand: 3,
      reserved: 2,
      allotted: 0,
      issued: 0,
      version: 2,
    },
  });
});

it('names a shelf that does not exist', () => {
  expect(() => moved(shelves, [{ sku: 'cap', warehouse: 'west', quantity: 2 }], reserved)).toThrow(/cap.*west/);
});
