import { type Allocation, type OrderReason, WAREHOUSES } from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { issue, issueKeys, release, releaseKeys, reserve, reserveKeys } from './reservation.js';
import type { StockDecision, StockState } from './tables.js';
import {
  after,
  cancelled,
  couponRejected,
  ended,
  order,
  orderId,
  parcel,
  parcelId,
  quantityOf,
  saleId,
  saleOrder,
  stocked,
  sentBy,
  userId,
} from './testing/given.js';

describe('the rows that a message concerns', () => {
  const lines = [
    { sku: 'cap', quantity: 1 },
    { sku: 'mug', quantity: 1 },
    { sku: 'cap', quantity: 2 },
  ];
  const shelves = ['cap/east', 'cap/west', 'mug/east', 'mug/west'];

  it('are the products of an order and all their shelves, each once', () =>
    expect(reserveKeys(order(lines))).toEqual({
      products: ['cap', 'mug'],
      reservations: [orderId],
      stock: shelves,
    }));

  it('are the allotment and no product for the order of a sale', () =>
    expect(reserveKeys(saleOrder('cap', 1))).toEqual({
      allotments: [saleId],
      reservations: [orderId],
      stock: ['cap/east', 'cap/west'],
    }));

  it('are the shelves of all lines for an order that ends, with the allotment of its sale', () => {
    const end = { ...cancelled(), lines: order(lines).lines };
    expect(releaseKeys(end)).toEqual({ products: ['cap', 'mug'], reservations: [orderId], stock: shelves });
    expect(releaseKeys({ ...end, flashSaleId: saleId })).toEqual({
      allotments: [saleId],
      reservations: [orderId],
      stock: shelves,
    });
  });

  it('are the shelves of one warehouse for a parcel', () =>
    expect(issueKeys(parcel('west', lines.slice(0, 2)))).toEqual({
      reservations: [orderId],
      stock: ['cap/west', 'mug/west'],
    }));
});

describe('reserve', () => {
  it('moves the pieces from on hand to reserved and publishes their warehouses', () => {
    const decision = reserve(stocked({ cap: { east: 5, west: 1 } }), order([{ sku: 'cap', quantity: 2 }]));
    expect(decision.state?.stock?.['cap/east']).toMatchObject({ received: 5, onHand: 3, reserved: 2, version: 2 });
    expect(sentBy(decision)).toEqual([
      {
        type: 'stock.reserved',
        orderId,
        userId,
        version: 1,
        allocation: [{ sku: 'cap', warehouse: 'east', quantity: 2 }],
      },
    ]);
  });

  it('holds nothing and names the SKU when one is short', () => {
    const decision = reserve(
      stocked({ cap: { east: 5, west: 1 }, mug: { east: 1, west: 1 } }),
      order([
        { sku: 'cap', quantity: 2 },
        { sku: 'mug', quantity: 3 },
      ]),
    );
    expect(decision.state?.stock).toBeUndefined();
    expect(sentBy(decision)).toEqual([
      { type: 'stock.rejected', orderId, userId, version: 1, reason: 'out_of_stock', skus: ['mug'] },
    ]);
  });

  it('distinguishes an unknown product from one that is out of stock', () => {
    const decision = reserve(
      stocked({ cap: { east: 0, west: 0 } }),
      order([
        { sku: 'cap', quantity: 1 },
        { sku: 'hat', quantity: 1 },
      ]),
    );
    expect(sentBy(decision)).toMatchObject([{ type: 'stock.rejected', reason: 'unknown_product', skus: ['hat'] }]);
  });

  it('gives an order one decision, and the same reply when its fact comes again', () => {
    const state = stocked({ cap: { east: 5, west: 1 } });
    for (const quantity of [2, 7]) {
      const decision = reserve(state, order([{ sku: 'cap', quantity }]));
      const again = reserve(after(state, decision), order([{ sku: 'cap', quantity }]));
      expect(again).toEqual({ messages: decision.messages });
    }
  });
});

describe('issue', () => {
  const state = stocked({ cap: { east: 5, west: 2 } });
  const held = after(state, reserve(state, order([{ sku: 'cap', quantity: 6 }])));

  it('moves a parcel’s pieces from reserved to issued, once per parcel', () => {
    const decision = issue(held, parcel('east', [{ sku: 'cap', quantity: 5 }]));
    expect(decision.state?.stock?.['cap/east']).toMatchObject({ received: 5, onHand: 0, reserved: 0, issued: 5 });
    expect(sentBy(decision)).toEqual([
      {
        type: 'stock.issued',
        orderId,
        userId,
        parcelId,
        version: 2,
        allocation: [{ sku: 'cap', warehouse: 'east', quantity: 5 }],
      },
    ]);
    expect(issue(after(held, decision), parcel('east', [{ sku: 'cap', quantity: 5 }]))).toEqual({});
  });

  it('fails for a retry when there is no reservation yet', () => {
    const early = () => issue(state, parcel('east', [{ sku: 'cap', quantity: 1 }]));
    expect(early).toThrow(/there is no record of its order/);
    expect(early).not.toThrow(PermanentError);
  });

  it('refuses for good a parcel with pieces that were not held there', () => {
    expect(() => issue(held, parcel('west', [{ sku: 'cap', quantity: 2 }]))).toThrow(PermanentError);
    expect(() => issue(held, parcel('east', [{ sku: 'mug', quantity: 1 }]))).toThrow(PermanentError);
    expect(() =>
      issue(
        held,
        parcel('east', [
          { sku: 'cap', quantity: 1 },
          { sku: 'mug', quantity: 1 },
        ]),
      ),
    ).toThrow(PermanentError);
    const issuedOnce = after(held, issue(held, parcel('east', [{ sku: 'cap', quantity: 5 }])));
    expect(() => issue(issuedOnce, parcel('east', [{ sku: 'cap', quantity: 1 }], userId))).toThrow(PermanentError);
  });
});

describe('release', () => {
  const state = stocked({ cap: { east: 5, west: 2 } });
  const placed = order([{ sku: 'cap', quantity: 6 }]);
  const held = after(state, reserve(state, placed));
  const dispatched = parcel('east', [{ sku: 'cap', quantity: 3 }]);

  it('puts every piece of a held order back on hand, and publishes which', () => {
    const decision = release(held, cancelled());
    expect(decision.state?.stock?.['cap/east']).toMatchObject({ received: 5, onHand: 5, reserved: 0, version: 3 });
    expect(decision.state?.stock?.['cap/west']).toMatchObject({ received: 2, onHand: 2, reserved: 0, version: 3 });
    expect(decision.state?.reservations?.[orderId]).toMatchObject({ status: 'released', allocation: [], version: 2 });
    const allocation = [
      { sku: 'cap', warehouse: 'east', quantity: 5 },
      { sku: 'cap', warehouse: 'west', quantity: 1 },
    ];
    expect(sentBy(decision)).toEqual([{ type: 'stock.released', orderId, userId, version: 2, allocation }]);
  });

  it('releases only pieces that have not left', () => {
    const shipped = after(held, issue(held, dispatched));
    const decision = release(shipped, cancelled());
    expect(decision.state?.stock?.['cap/east']).toMatchObject({ received: 5, onHand: 2, reserved: 0, issued: 3 });
    expect(decision.state?.reservations?.[orderId]).toMatchObject({
      allocation: [{ sku: 'cap', warehouse: 'east', quantity: 3 }],
      version: 3,
    });
    const allocation = [
      { sku: 'cap', warehouse: 'east', quantity: 2 },
      { sku: 'cap', warehouse: 'west', quantity: 1 },
    ];
    expect(sentBy(decision)).toEqual([{ type: 'stock.released', orderId, userId, version: 3, allocation }]);
  });

  it('publishes nothing when every piece has left', () => {
    const shipped = [
      dispatched,
      parcel('east', [{ sku: 'cap', quantity: 2 }], 'second'),
      parcel('west', [{ sku: 'cap', quantity: 1 }], 'third'),
    ].reduce((now, each) => after(now, issue(now, each)), held);
    const decision = release(shipped, cancelled());
    expect(sentBy(decision)).toEqual([]);
    expect(after(shipped, decision)).toMatchObject({
      stock: shipped.stock,
      reservations: { [orderId]: { status: 'released' } },
    });
  });

  it('changes nothing for an order that was refused its stock, and nothing the second time', () => {
    const rejected = after(state, reserve(state, order([{ sku: 'cap', quantity: 8 }])));
    expect(rejected.reservations[orderId]).toMatchObject({ status: 'rejected' });
    expect(release(rejected, cancelled())).toEqual({});
    expect(release(after(held, release(held, cancelled())), cancelled())).toEqual({});
  });

  it('puts the pieces of an order back whose coupon is refused, once, also when it is cancelled as well', () => {
    expect(release(held, couponRejected())).toEqual(release(held, cancelled()));
    const free = after(held, release(held, couponRejected()));
    expect(free.stock['cap/east']).toMatchObject({ onHand: 5, reserved: 0 });
    for (const again of [couponRejected(), cancelled()]) expect(release(free, again)).toEqual({});
  });

  it.each<OrderReason>(['unknown_product', 'not_orderable', 'out_of_stock'])(
    'stores nothing of an order that is rejected as %s, for which nothing was ever held',
    (reason) => {
      expect(release(state, ended(reason))).toEqual({});
      const refused = after(state, reserve(state, order([{ sku: 'cap', quantity: 8 }])));
      expect(release(refused, ended(reason))).toEqual({});
    },
  );

  it.each<OrderReason>(['coupon_rejected', 'customer', 'payment_timeout', 'processing_timeout'])(
    'holds nothing for an order that was ended as %s before it was placed',
    (reason) => {
      const decision = release(state, ended(reason));
      expect(sentBy(decision)).toEqual([]);
      expect(decision.state).toEqual({
        reservations: {
          [orderId]: {
            orderId,
            userId,
            flashSaleId: null,
            status: 'released',
            allocation: [],
            parcels: [],
            reason: null,
            skus: null,
            version: 1,
          },
        },
      });
      const marked = after(state, decision);
      expect(reserve(marked, placed)).toEqual({});
      expect(release(marked, ended(reason))).toEqual({});
    },
  );

  it('refuses for good a parcel of a cancelled order, but not the repeat of one that had left before', () => {
    const shipped = after(held, issue(held, dispatched));
    const free = after(shipped, release(shipped, cancelled()));
    expect(issue(free, dispatched)).toEqual({});
    expect(() => issue(free, { ...dispatched, parcelId: 'second' })).toThrow(PermanentError);
    expect(() => issue(after(state, release(state, cancelled())), dispatched)).toThrow(PermanentError);
  });
});

it('loses and invents no piece, whatever is ordered and shipped', () => {
  const skus = fc.constantFrom('cap', 'mug');
  const pieces = fc.integer({ min: 0, max: 9 });
  const carts = fc.array(
    fc.array(fc.record({ sku: skus, quantity: fc.integer({ min: 1, max: 4 }) }), { minLength: 1, maxLength: 3 }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(
      fc.record({ cap: fc.record({ east: pieces, west: pieces }), mug: fc.record({ east: pieces, west: pieces }) }),
      carts,
      (shelves, orders) => {
        let state = stocked(shelves);
        for (const [index, lines] of orders.entries()) {
          const decision = reserve(state, order(lines, `order-${index}`));
          state = after(state, decision);
          const reservation = state.reservations[`order-${index}`]!;
          for (const warehouse of WAREHOUSES) {
            const packed = reservation.allocation.filter((pick) => pick.warehouse === warehouse);
            if (index % 2 === 0 && packed.length > 0)
              state = after(
                state,
                issue(state, { ...parcel(warehouse, packed, `${index}-${warehouse}`), orderId: `order-${index}` }),
              );
          }
        }
        for (const stock of Object.values(state.stock)) {
          const { received: all, onHand, reserved, allotted, issued } = stock!;
          expect(onHand + reserved + allotted + issued).toBe(all);
          expect(Math.min(onHand, reserved, allotted, issued)).toBeGreaterThanOrEqual(0);
        }
      },
    ),
  );
});

it('loses and invents no piece, in whatever order orders are placed, rejected, cancelled and shipped, and however often', () => {
  const pieces = fc.integer({ min: 0, max: 6 });
  const step = fc.record({
    id: fc.constantFrom('a', 'b', 'c'),
    happens: fc.constantFrom('placed', 'rejected', 'cancelled', 'east', 'west'),
    quantity: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(
      fc.record({ cap: fc.record({ east: pieces, west: pieces }) }),
      fc.array(step, { maxLength: 30 }),
      (shelves, steps) => {
        let state = stocked(shelves);
        const moved = { 'stock.reserved': 0, 'stock.released': 0, 'stock.issued': 0 };
        for (const each of steps) {
          const decision = decide(state, each);
          state = after(state, decision);
          // A decision that changes nothing only repeats its facts.
          for (const fact of decision.state ? sentBy(decision) : [])
            if (fact.type in moved)
              moved[fact.type as keyof typeof moved] += quantityOf(
                (fact as unknown as { allocation: Allocation }).allocation,
              );
        }
        const sum = (of: 'onHand' | 'reserved' | 'issued' | 'received'): number =>
          Object.values(state.stock).reduce((total, stock) => total + stock![of], 0);
        for (const stock of Object.values(state.stock))
          expect(Math.min(stock!.onHand, stock!.reserved, stock!.issued)).toBeGreaterThanOrEqual(0);
        expect(sum('onHand') + sum('reserved') + sum('issued')).toBe(sum('received'));
        expect(sum('reserved')).toBe(moved['stock.reserved'] - moved['stock.released'] - moved['stock.issued']);
        const endedOnes = steps
          .filter(({ happens }) => happens === 'cancelled' || happens === 'rejected')
          .map(({ id }) => id);
        for (const id of endedOnes) expect(state.reservations[id]?.status).not.toBe('held');
        const held = Object.values(state.reservations).map(
          (reservation) =>
            quantityOf(reservation!.allocation) -
            quantityOf(reservation!.parcels.flatMap(({ allocation }) => allocation)),
        );
        expect(held.reduce((total, each) => total + each, 0)).toBe(sum('reserved'));
      },
    ),
  );
});

/**
 * The decision of the rules on a step; a parcel that they refuse changes nothing. The parcel's id contains its
 * quantity, so that parcels are repeated.
 */
function decide(
  state: StockState,
  { id, happens, quantity }: { id: string; happens: string; quantity: number },
): StockDecision {
  if (happens === 'placed') return reserve(state, order([{ sku: 'cap', quantity }], id));
  if (happens === 'cancelled') return release(state, cancelled(id));
  if (happens === 'rejected') return release(state, couponRejected(id));
  try {
    return issue(state, {
      ...parcel(happens as 'east' | 'west', [{ sku: 'cap', quantity }], `${id}-${happens}-${quantity}`),
      orderId: id,
    });
  } catch {
    return {};
  }
}
