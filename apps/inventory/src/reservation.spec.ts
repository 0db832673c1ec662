import { type Outgoing, WAREHOUSES } from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { issue, reserve } from './reservation.js';
import { emptyShelf, received, shelf } from './stock.js';
import type { Decision, State } from './tables.js';

const orderId = '0190a6b0-0000-8000-8000-000000000001';
const userId = '0190a6b0-0000-7000-8000-000000000002';
const parcelId = '0190a6b0-0000-7000-8000-000000000003';

type Pieces = Record<string, { east: number; west: number }>;

const stocked = (pieces: Pieces): State => ({
  receipts: {},
  reservations: {},
  products: Object.fromEntries(Object.keys(pieces).map((sku) => [sku, { sku, name: sku, priceAmount: 100, priceCurrency: 'USD', version: 1 }])),
  stock: Object.fromEntries(Object.entries(pieces).flatMap(([sku, of]) => WAREHOUSES.map((warehouse) => [shelf(sku, warehouse), received(emptyShelf(sku, warehouse), of[warehouse])]))),
});

const after = (state: State, { state: changes = {} }: Decision): State => ({
  ...state,
  reservations: { ...state.reservations, ...changes.reservations },
  stock: { ...state.stock, ...changes.stock },
});

const price = { amount: 100, currency: 'USD' };
const order = (lines: { sku: string; quantity: number }[], id = orderId) => ({
  orderId: id,
  userId,
  version: 1,
  subtotal: price,
  lines: lines.map((line) => ({ ...line, name: line.sku, unitPrice: price })),
});
const parcel = (warehouse: 'east' | 'west', lines: { sku: string; quantity: number }[], id = parcelId) => ({ parcelId: id, orderId, userId, warehouse, lines, version: 2 });

const told = ({ messages = [] }: Decision) => messages.map(({ contract, data }: Outgoing) => ({ type: contract.type, ...(data as object) }));

describe('reserve', () => {
  it('moves the pieces from on hand to reserved and says from where they leave', () => {
    const decision = reserve(stocked({ cap: { east: 5, west: 1 } }), order([{ sku: 'cap', quantity: 2 }]));
    expect(decision.state?.stock?.['cap/east']).toMatchObject({ received: 5, onHand: 3, reserved: 2, version: 2 });
    expect(told(decision)).toEqual([{ type: 'stock.reserved', orderId, userId, version: 1, allocation: [{ sku: 'cap', warehouse: 'east', quantity: 2 }] }]);
  });

  it('holds nothing and names the SKU when one is short', () => {
    const decision = reserve(stocked({ cap: { east: 5, west: 1 }, mug: { east: 1, west: 1 } }), order([{ sku: 'cap', quantity: 2 }, { sku: 'mug', quantity: 3 }]));
    expect(decision.state?.stock).toBeUndefined();
    expect(told(decision)).toEqual([{ type: 'stock.rejected', orderId, userId, version: 1, reason: 'out_of_stock', skus: ['mug'] }]);
  });

  it('tells an unknown product from one that is out of stock', () => {
    const decision = reserve(stocked({ cap: { east: 0, west: 0 } }), order([{ sku: 'cap', quantity: 1 }, { sku: 'hat', quantity: 1 }]));
    expect(told(decision)).toMatchObject([{ type: 'stock.rejected', reason: 'unknown_product', skus: ['hat'] }]);
  });

  it('gives an order one answer, also when it asks twice', () => {
    const state = stocked({ cap: { east: 5, west: 1 } });
    const held = after(state, reserve(state, order([{ sku: 'cap', quantity: 2 }])));
    expect(reserve(held, order([{ sku: 'cap', quantity: 2 }]))).toEqual({});
  });
});

describe('issue', () => {
  const state = stocked({ cap: { east: 5, west: 2 } });
  const held = after(state, reserve(state, order([{ sku: 'cap', quantity: 6 }])));

  it('moves a parcel’s pieces from reserved to issued, once per parcel', () => {
    const decision = issue(held, parcel('east', [{ sku: 'cap', quantity: 5 }]));
    expect(decision.state?.stock?.['cap/east']).toMatchObject({ received: 5, onHand: 0, reserved: 0, issued: 5 });
    expect(told(decision)).toEqual([{ type: 'stock.issued', orderId, userId, parcelId, version: 2, allocation: [{ sku: 'cap', warehouse: 'east', quantity: 5 }] }]);
    expect(issue(after(held, decision), parcel('east', [{ sku: 'cap', quantity: 5 }]))).toEqual({});
  });

  it('waits for a reservation that it does not know yet', () => {
    const early = () => issue(state, parcel('east', [{ sku: 'cap', quantity: 1 }]));
    expect(early).toThrow(/nothing is known of its order/);
    expect(early).not.toThrow(PermanentError);
  });

  it('refuses for good a parcel with pieces that were not held there', () => {
    expect(() => issue(held, parcel('west', [{ sku: 'cap', quantity: 2 }]))).toThrow(PermanentError);
    expect(() => issue(held, parcel('east', [{ sku: 'mug', quantity: 1 }]))).toThrow(PermanentError);
    const issuedOnce = after(held, issue(held, parcel('east', [{ sku: 'cap', quantity: 5 }])));
    expect(() => issue(issuedOnce, parcel('east', [{ sku: 'cap', quantity: 1 }], userId))).toThrow(PermanentError);
  });
});

it('loses and invents no piece, whatever is ordered and shipped', () => {
  const skus = fc.constantFrom('cap', 'mug');
  const pieces = fc.integer({ min: 0, max: 9 });
  const carts = fc.array(fc.array(fc.record({ sku: skus, quantity: fc.integer({ min: 1, max: 4 }) }), { minLength: 1, maxLength: 3 }), { maxLength: 8 });
  fc.assert(
    fc.property(fc.record({ cap: fc.record({ east: pieces, west: pieces }), mug: fc.record({ east: pieces, west: pieces }) }), carts, (shelves, orders) => {
      let state = stocked(shelves);
      for (const [index, lines] of orders.entries()) {
        const decision = reserve(state, order(lines, `order-${index}`));
        state = after(state, decision);
        const reservation = state.reservations[`order-${index}`]!;
        for (const warehouse of WAREHOUSES) {
          const packed = reservation.allocation.filter((pick) => pick.warehouse === warehouse);
          if (index % 2 === 0 && packed.length > 0) state = after(state, issue(state, { ...parcel(warehouse, packed, `${index}-${warehouse}`), orderId: `order-${index}` }));
        }
      }
      for (const stock of Object.values(state.stock)) {
        const { received: all, onHand, reserved, allotted, issued } = stock!;
        expect(onHand + reserved + allotted + issued).toBe(all);
        expect(Math.min(onHand, reserved, allotted, issued)).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});
