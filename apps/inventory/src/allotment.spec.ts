import type { OrderReason } from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import { describe, expect, it } from 'vitest';
import { allot, putBack, returnAllotment, take } from './allotment.js';
import { issue, release, reserve } from './reservation.js';
import {
  after,
  cancelled,
  ended,
  following,
  order,
  orderId,
  parcel,
  saleId,
  saleOrder,
  stocked,
  sentBy,
  userId,
} from './testing/given.js';

const flashSaleId = saleId;
const otherSale = '0190a6b0-0000-7000-8000-000000000009';
const requestFor = (quantity: number, sku = 'cap', sale = saleId) => ({ saleId: sale, sku, quantity });
const shelves = stocked({ cap: { east: 5, west: 3 } });
/** East has 5 pieces for the sale, west 1; 2 in west are free for all orders. */
const allotted = following(shelves, (state) => allot(state, requestFor(6)));
const reasons: OrderReason[] = [
  'unknown_product',
  'not_orderable',
  'out_of_stock',
  'coupon_rejected',
  'customer',
  'payment_timeout',
  'processing_timeout',
];

describe('allot', () => {
  it('moves the pieces from on hand to allotted, stores their warehouses, and publishes it', () => {
    const decision = allot(shelves, requestFor(6));
    expect(decision.state?.stock?.['cap/east']).toMatchObject({ received: 5, onHand: 0, allotted: 5, version: 2 });
    expect(decision.state?.stock?.['cap/west']).toMatchObject({ received: 3, onHand: 2, allotted: 1, version: 2 });
    expect(decision.state?.allotments).toEqual({
      [saleId]: {
        saleId,
        sku: 'cap',
        quantity: 6,
        status: 'allotted',
        remaining: { east: 5, west: 1 },
        taken: 0,
        returned: 0,
        available: null,
        version: 1,
      },
    });
    expect(sentBy(decision)).toEqual([{ type: 'stock.allotted', saleId, sku: 'cap', quantity: 6, version: 1 }]);
  });

  it('takes from one warehouse when one can serve the sale', () => {
    expect(allot(shelves, requestFor(4)).state?.allotments?.[saleId]).toMatchObject({ remaining: { east: 4 } });
  });

  it('allots nothing when there are too few, and publishes how many there are', () => {
    const decision = allot(shelves, requestFor(9));
    const refused = {
      saleId,
      sku: 'cap',
      quantity: 9,
      status: 'refused',
      remaining: {},
      taken: 0,
      returned: 0,
      available: 8,
      version: 1,
    };
    expect(decision.state).toEqual({ allotments: { [saleId]: refused } });
    expect(sentBy(decision)).toEqual([
      { type: 'stock.allotment_refused', saleId, sku: 'cap', available: 8, version: 1 },
    ]);
  });

  it('allots nothing to a sale in another currency than that of its product', () => {
    const decision = allot(shelves, { ...requestFor(1), currency: 'EUR' });
    expect(decision.state).toEqual({
      allotments: { [saleId]: expect.objectContaining({ status: 'refused', remaining: {} }) },
    });
    expect(sentBy(decision)).toEqual([
      { type: 'stock.allotment_refused', saleId, sku: 'cap', available: 8, version: 1 },
    ]);
    expect(sentBy(allot(shelves, { ...requestFor(1), currency: 'USD' }))).toMatchObject([{ type: 'stock.allotted' }]);
  });

  it('refuses pieces of an unknown product: there are none', () => {
    expect(sentBy(allot(shelves, requestFor(1, 'hat')))).toEqual([
      { type: 'stock.allotment_refused', saleId, sku: 'hat', available: 0, version: 1 },
    ]);
  });

  it('counts once for a sale: a repeat only gets the same reply', () => {
    const decision = allot(allotted, requestFor(6));
    expect(decision.state).toBeUndefined();
    expect(sentBy(decision)).toEqual([{ type: 'stock.allotted', saleId, sku: 'cap', quantity: 6, version: 1 }]);
  });

  it('stays refused when pieces have arrived since', () => {
    const refused = following(shelves, (state) => allot(state, requestFor(9)));
    const restocked = { ...refused, stock: stocked({ cap: { east: 90, west: 90 } }).stock };
    const decision = allot(restocked, requestFor(9));
    expect(decision.state).toBeUndefined();
    expect(sentBy(decision)).toMatchObject([{ type: 'stock.allotment_refused', available: 8 }]);
  });
});

describe('an order of a sale', () => {
  it('takes the sale’s pieces, from the warehouse that has most of them', () => {
    const decision = reserve(allotted, saleOrder('cap', 2));
    expect(decision.state?.stock).toEqual({
      'cap/east': expect.objectContaining({ received: 5, onHand: 0, allotted: 3, reserved: 2 }),
    });
    expect(decision.state?.allotments?.[saleId]).toMatchObject({
      remaining: { east: 3, west: 1 },
      taken: 2,
      returned: 0,
      version: 2,
    });
    expect(decision.state?.reservations?.[orderId]).toMatchObject({ status: 'held', flashSaleId });
    expect(sentBy(decision)).toEqual([
      {
        type: 'stock.reserved',
        orderId,
        userId,
        flashSaleId,
        version: 1,
        allocation: [{ sku: 'cap', warehouse: 'east', quantity: 2 }],
      },
    ]);
  });

  it('needs no product of the catalogue: allotted pieces can be sold', () => {
    expect(sentBy(reserve({ ...allotted, products: {} }, saleOrder('cap', 2)))).toMatchObject([
      { type: 'stock.reserved' },
    ]);
  });

  it.each([
    ['taken from', take],
    ['put back to', putBack],
  ])('has no pieces %s a sale that was refused them or never requested any', (_, move) => {
    const refused = following(shelves, (state) => allot(state, requestFor(9)));
    const picks = [{ sku: 'cap', warehouse: 'east' as const, quantity: 1 }];
    for (const state of [refused, shelves]) expect(() => move(state, saleId, picks)).toThrow(PermanentError);
  });

  it('gets nothing from the shelves when the sale has too few', () => {
    const decision = reserve(allotted, saleOrder('cap', 7));
    expect(decision.state).toEqual({ reservations: { [orderId]: expect.objectContaining({ status: 'rejected' }) } });
    expect(sentBy(decision)).toEqual([
      { type: 'stock.rejected', orderId, userId, flashSaleId, version: 1, reason: 'out_of_stock', skus: ['cap'] },
    ]);
  });

  it.each([
    ['a sale that has no allotment', shelves, 'cap'],
    ['a sale that was refused its pieces', following(shelves, (state) => allot(state, requestFor(9))), 'cap'],
    [
      'a product that the sale does not sell',
      following(stocked({ cap: { east: 5, west: 3 }, mug: { east: 5, west: 3 } }), (state) =>
        allot(state, requestFor(6)),
      ),
      'mug',
    ],
  ])('is out of stock for %s', (_, state, sku) => {
    const decision = reserve(state, saleOrder(sku, 1));
    expect(decision.state?.stock).toBeUndefined();
    expect(sentBy(decision)).toMatchObject([{ type: 'stock.rejected', reason: 'out_of_stock', skus: [sku] }]);
  });

  it('is the only one to get them: other orders are served from what is on hand', () => {
    const decision = reserve(allotted, order([{ sku: 'cap', quantity: 2 }]));
    expect(decision.state?.stock).toEqual({
      'cap/west': expect.objectContaining({ onHand: 0, allotted: 1, reserved: 2 }),
    });
    expect(decision.state).not.toHaveProperty('allotments');
    expect(sentBy(reserve(allotted, order([{ sku: 'cap', quantity: 3 }])))).toMatchObject([
      { type: 'stock.rejected', reason: 'out_of_stock' },
    ]);
  });

  it('is issued like any other, and its pieces count as taken', () => {
    const left = following(
      allotted,
      (state) => reserve(state, saleOrder('cap', 2)),
      (state) => issue(state, parcel('east', [{ sku: 'cap', quantity: 2 }])),
    );
    expect(left.stock['cap/east']).toMatchObject({ reserved: 0, allotted: 3, issued: 2 });
    expect(left.allotments[saleId]).toMatchObject({ remaining: { east: 3, west: 1 }, taken: 2 });
  });
});

describe('the end of a sale’s order', () => {
  const end = (reason: OrderReason, sale = saleId) => ({ ...ended(reason), flashSaleId: sale });
  const held = following(allotted, (state) => reserve(state, saleOrder('cap', 6)));
  const freed = (allocation: object[], version: number) => [
    { type: 'stock.released', orderId, userId, flashSaleId, version, allocation },
  ];
  /** A second fact about the end gets the same reply, and returns no piece. */
  const expectReplyAlone = (decision: ReturnType<typeof release>, version: number): void => {
    expect(decision.state).toBeUndefined();
    expect(sentBy(decision)).toEqual(freed([], version));
  };

  it.each(reasons)(
    'by %s returns its pieces to the sale once, in their warehouses, and replies to each fact about it',
    (reason) => {
      const decision = release(held, end(reason));
      const free = after(held, decision);
      expect(free.allotments[saleId]).toMatchObject({ remaining: { east: 5, west: 1 }, taken: 0, version: 3 });
      expect(free.stock['cap/east']).toMatchObject({ onHand: 0, allotted: 5, reserved: 0 });
      expect(free.stock['cap/west']).toMatchObject({ onHand: 2, allotted: 1, reserved: 0 });
      expect(sentBy(decision)).toEqual(
        freed(
          [
            { sku: 'cap', warehouse: 'east', quantity: 5 },
            { sku: 'cap', warehouse: 'west', quantity: 1 },
          ],
          2,
        ),
      );
      for (const again of reasons) expectReplyAlone(release(free, end(again)), 2);
    },
  );

  it('does not change issued pieces, and returns the rest', () => {
    const shipped = following(held, (state) => issue(state, parcel('east', [{ sku: 'cap', quantity: 5 }])));
    const decision = release(shipped, end('customer'));
    expect(sentBy(decision)).toEqual(freed([{ sku: 'cap', warehouse: 'west', quantity: 1 }], 3));
    expect(after(shipped, decision).allotments[saleId]).toMatchObject({ remaining: { east: 0, west: 1 }, taken: 5 });
    expect(after(shipped, decision).stock['cap/east']).toMatchObject({ reserved: 0, allotted: 0, issued: 5 });
  });

  it('is published without pieces when every piece has left', () => {
    const shipped = following(
      held,
      (state) => issue(state, parcel('east', [{ sku: 'cap', quantity: 5 }])),
      (state) => issue(state, parcel('west', [{ sku: 'cap', quantity: 1 }], 'second')),
    );
    const decision = release(shipped, end('customer'));
    expect(sentBy(decision)).toEqual(freed([], 4));
    expect(after(shipped, decision)).toMatchObject({ stock: shipped.stock, allotments: shipped.allotments });
  });

  it.each(reasons)(
    'by %s is published without pieces when it was never placed, and nothing is held for it later',
    (reason) => {
      const decision = release(allotted, end(reason));
      expect(sentBy(decision)).toEqual(freed([], 1));
      const marked = after(allotted, decision);
      expect(marked).toMatchObject({ stock: allotted.stock, allotments: allotted.allotments });
      expectReplyAlone(release(marked, end(reason)), 1);
      expect(reserve(marked, saleOrder('cap', 1))).toEqual({});
    },
  );

  it.each(reasons)('by %s is published without pieces when it was refused its stock', (reason) => {
    const refused = following(allotted, (state) => reserve(state, saleOrder('cap', 7)));
    const decision = release(refused, end(reason));
    expect(sentBy(decision)).toEqual(freed([], 2));
    const over = after(refused, decision);
    expect(over).toMatchObject({ stock: allotted.stock, allotments: allotted.allotments });
    expectReplyAlone(release(over, end(reason)), 2);
    expect(reserve(over, saleOrder('cap', 1))).toEqual({});
  });

  it('is refused for good when it names another sale than that of the order’s pieces, or none', () => {
    const both = following(held, (state) => allot(state, requestFor(1, 'cap', otherSale)));
    expect(both.allotments[otherSale]).toMatchObject({ status: 'allotted' });
    expect(() => release(both, end('customer', otherSale))).toThrow(PermanentError);
    expect(() => release(both, cancelled())).toThrow(PermanentError);
    expect(() => release(held, end('customer', otherSale))).toThrow(PermanentError);
  });
});

describe('returnAllotment', () => {
  it('puts exactly the requested pieces back on hand, from the fullest warehouse first', () => {
    const few = returnAllotment(allotted, requestFor(4));
    expect(few.state?.stock).toEqual({ 'cap/east': expect.objectContaining({ received: 5, onHand: 4, allotted: 1 }) });
    expect(few.state?.allotments?.[saleId]).toMatchObject({
      remaining: { east: 1, west: 1 },
      returned: 4,
      taken: 0,
      version: 2,
    });
    expect(sentBy(few)).toEqual([
      { type: 'stock.allotment_returned', saleId, sku: 'cap', quantity: 4, returned: 4, version: 2 },
    ]);
    const all = after(allotted, returnAllotment(allotted, requestFor(6)));
    expect(all.stock).toMatchObject({ 'cap/east': { onHand: 5, allotted: 0 }, 'cap/west': { onHand: 3, allotted: 0 } });
  });

  it('takes pieces back one by one after the sale has closed', () => {
    const held = following(
      allotted,
      (state) => reserve(state, saleOrder('cap', 1)),
      (state) => returnAllotment(state, requestFor(5)),
    );
    expect(() => returnAllotment(held, requestFor(1))).toThrow(PermanentError);
    const free = following(
      held,
      (state) => release(state, { ...cancelled(), flashSaleId }),
      (state) => returnAllotment(state, requestFor(1)),
    );
    expect(free.allotments[saleId]).toMatchObject({ remaining: { east: 0, west: 0 }, returned: 6, taken: 0 });
    expect(free.stock['cap/east']).toMatchObject({ onHand: 5, allotted: 0, reserved: 0 });
  });

  it('puts the missing pieces up to a total back once, however often and in whatever order the totals arrive', () => {
    const total = (returned: number) => ({ ...requestFor(1), returned });
    const few = following(allotted, (state) => returnAllotment(state, total(4)));
    expect(few.allotments[saleId]).toMatchObject({ returned: 4, version: 2 });
    for (const again of [total(4), total(3)]) {
      const decision = returnAllotment(few, again);
      expect(decision.state).toBeUndefined();
      expect(sentBy(decision)).toEqual([
        { type: 'stock.allotment_returned', saleId, sku: 'cap', quantity: 0, returned: 4, version: 2 },
      ]);
    }
    expect(sentBy(returnAllotment(few, total(6)))).toEqual([
      { type: 'stock.allotment_returned', saleId, sku: 'cap', quantity: 2, returned: 6, version: 3 },
    ]);
    expect(() => returnAllotment(few, total(7))).toThrow(PermanentError);
  });

  it.each([
    ['more than the sale has', allotted, requestFor(7)],
    ['pieces of another product', allotted, requestFor(1, 'mug')],
    ['pieces of a sale that has none', shelves, requestFor(1)],
    [
      'pieces of a sale that was refused them',
      following(shelves, (state) => allot(state, requestFor(9))),
      requestFor(1),
    ],
  ])('refuses %s for good', (_, state, command) => {
    expect(() => returnAllotment(state, command)).toThrow(PermanentError);
  });
});
