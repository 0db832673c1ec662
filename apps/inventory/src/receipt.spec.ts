import { describe, expect, it } from 'vitest';
import { putProduct } from './product.js';
import { receiveStock } from './receipt.js';
import { emptyShelf, received } from './stock.js';
import type { Product, StockState } from './tables.js';
import { sentBy } from './testing/given.js';

const cap: Product = { sku: 'cap', name: 'Cap', priceAmount: 1500, priceCurrency: 'USD', version: 3 };
const state: StockState = {
  products: { cap },
  allotments: {},
  receipts: {},
  reservations: {},
  stock: { 'cap/west': received(emptyShelf('cap', 'west'), 4) },
};
const delivered = { sku: 'cap', warehouse: 'east' as const, quantity: 10, reference: 'note 7/b' };
const refused = (status: number, title: string) =>
  expect.objectContaining({ problem: expect.objectContaining({ status, title }) });

describe('receiveStock', () => {
  it('adds the pieces to their shelf and returns the stock of all warehouses', () => {
    const { state: changes, messages, reply } = receiveStock(state, delivered);
    expect(changes?.stock?.['cap/east']).toMatchObject({ received: 10, onHand: 10, version: 1 });
    expect(changes?.receipts).toEqual({ 'cap/note 7/b': { id: 'cap/note 7/b', ...delivered, version: 1 } });
    expect(messages?.map(({ data }) => data)).toEqual([
      { sku: 'cap', warehouse: 'east', quantity: 10, available: 14, version: 1 },
    ]);
    expect(reply).toEqual({ sku: 'cap', available: 14 });
  });

  it('tells that the product is back, under its name, when there was no piece of it', () => {
    const none = { ...state, stock: {} };
    const { messages } = receiveStock(none, delivered);
    expect(sentBy({ messages: messages! }).at(-1)).toEqual({
      type: 'product.restocked',
      sku: 'cap',
      name: 'Cap',
      available: 10,
      version: 1,
    });
  });

  it('counts the same reference once', () => {
    const { state: changes } = receiveStock(state, delivered);
    const again = receiveStock({ ...state, ...changes } as StockState, delivered);
    expect(again).toEqual({ reply: { sku: 'cap', available: 10 } });
  });

  it('counts each product of one delivery note', () => {
    const { state: changes } = receiveStock(state, delivered);
    const mug = { ...cap, sku: 'mug' };
    const noted = { ...state, ...changes, products: { cap, mug } } as StockState;
    expect(receiveStock(noted, { ...delivered, sku: 'mug' }).reply).toEqual({ sku: 'mug', available: 10 });
  });

  it('refuses the same reference with another content', () => {
    const { state: changes } = receiveStock(state, delivered);
    const noted = { ...state, receipts: changes!.receipts! };
    const refusal = refused(409, 'Reference already used');
    expect(() => receiveStock(noted, { ...delivered, quantity: 11 })).toThrow(refusal);
    expect(() => receiveStock(noted, { ...delivered, warehouse: 'west' })).toThrow(refusal);
  });

  it('refuses an unknown product', () => {
    expect(() => receiveStock({ ...state, products: {} }, delivered)).toThrow(refused(404, 'No such product'));
  });
});

describe('putProduct', () => {
  it('raises the version with every change, so that copies can distinguish old from new', () => {
    const { state: changes, messages } = putProduct(state, {
      sku: 'cap',
      name: 'Cap',
      price: { amount: 1600, currency: 'USD' },
    });
    expect(changes).toEqual({ products: { cap: { ...cap, priceAmount: 1600, version: 4 } } });
    expect(messages?.map(({ data }) => data)).toEqual([
      { sku: 'cap', name: 'Cap', price: { amount: 1600, currency: 'USD' }, version: 4 },
    ]);
  });

  it('begins with version 1', () => {
    const price = { amount: 1500, currency: 'USD' };
    const { state: changes, reply } = putProduct({ ...state, products: {} }, { sku: 'cap', name: 'Cap', price });
    expect(changes).toEqual({ products: { cap: { ...cap, version: 1 } } });
    expect(reply).toEqual({ sku: 'cap', name: 'Cap', price, available: 4, version: 1 });
  });

  it.each([
    ['name', 'Hat', 1500, 'USD'],
    ['amount', 'Cap', 1501, 'USD'],
    ['currency', 'Cap', 1500, 'EUR'],
  ])('is changed by another %s alone', (_, name, amount, currency) => {
    const { state: changes } = putProduct(state, { sku: 'cap', name, price: { amount, currency } });
    expect(changes).toEqual({
      products: { cap: { sku: 'cap', name, priceAmount: amount, priceCurrency: currency, version: 4 } },
    });
  });

  it('publishes nothing when nothing has changed', () => {
    const price = { amount: 1500, currency: 'USD' };
    expect(putProduct(state, { sku: 'cap', name: 'Cap', price })).toEqual({
      reply: { sku: 'cap', name: 'Cap', price, available: 4, version: 3 },
    });
  });
});
