import {
  type Allocation,
  type Data,
  type ProductRestocked,
  type StockReleased,
  WAREHOUSES,
  type Warehouse,
} from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { allot, returnAllotment } from './allotment.js';
import { issue, release, reserve } from './reservation.js';
import { available } from './stock.js';
import type { StockDecision, GrantedAllotment, StockState } from './tables.js';
import { after, ended, order, parcel, quantityOf, saleOrder, stocked, sentBy } from './testing/given.js';

/** Each order is always of the same sale, or of none, and of one product. */
const ORDERS: Record<string, { sku: string; sale?: string }> = {
  a: { sku: 'cap', sale: 'capsA' },
  b: { sku: 'cap', sale: 'capsA' },
  c: { sku: 'cap', sale: 'capsB' },
  d: { sku: 'mug', sale: 'mugs' },
  e: { sku: 'cap' },
  f: { sku: 'mug' },
};
/** The product of each sale. */
const SALES: Record<string, string> = { capsA: 'cap', capsB: 'cap', mugs: 'mug' };

interface Step {
  happens: 'allot' | 'return' | 'placed' | 'cancelled' | 'rejected' | 'never-placed' | 'left';
  id: string;
  sale: string;
  quantity: number;
  warehouse: Warehouse;
}

const step: fc.Arbitrary<Step> = fc.record({
  happens: fc.constantFrom(
    'allot',
    'return',
    'placed',
    'placed',
    'placed',
    'cancelled',
    'rejected',
    'never-placed',
    'left',
  ),
  id: fc.constantFrom(...Object.keys(ORDERS)),
  sale: fc.constantFrom(...Object.keys(SALES)),
  quantity: fc.integer({ min: 1, max: 4 }),
  warehouse: fc.constantFrom(...WAREHOUSES),
});
const pieces = fc.integer({ min: 0, max: 6 });
const shelves = fc.record({ east: pieces, west: pieces });
const histories = fc.tuple(fc.record({ cap: shelves, mug: shelves }), fc.array(step, { maxLength: 60 }));

/** The decision of the rules; a message that they refuse for good, or that must be retried, changes nothing. */
function decide(state: StockState, { happens, id, sale, quantity, warehouse }: Step): StockDecision {
  const { sku, sale: flashSaleId } = ORDERS[id]!;
  const end = { ...(flashSaleId !== undefined && { flashSaleId }) };
  switch (happens) {
    case 'allot':
      return allot(state, { saleId: sale, sku: SALES[sale]!, quantity });
    case 'return':
      return returnAllotment(state, { saleId: sale, sku: SALES[sale]!, quantity });
    case 'placed':
      return reserve(
        state,
        flashSaleId === undefined ? order([{ sku, quantity }], id) : saleOrder(sku, quantity, id, flashSaleId),
      );
    case 'cancelled':
      return release(state, { ...ended('customer', id), ...end });
    case 'rejected':
      return release(state, { ...ended('out_of_stock', id), ...end });
    case 'never-placed':
      return release(state, { ...ended('not_orderable', id), ...end });
    case 'left':
      // The parcel's id contains its quantity, so that parcels are repeated.
      return issue(state, { ...parcel(warehouse, [{ sku, quantity }], `${id}-${warehouse}-${quantity}`), orderId: id });
  }
}

function tried(state: StockState, each: Step): StockDecision {
  try {
    return decide(state, each);
  } catch (error) {
    if (!(error instanceof PermanentError) && !(each.happens === 'left' && !state.reservations[each.id])) throw error;
    return {};
  }
}

/** Yields every state on the way, with its decision. */
function* history([shelvesAtFirst, steps]: [Parameters<typeof stocked>[0], Step[]]): Generator<{
  before: StockState;
  now: StockState;
  decision: StockDecision;
  each: Step;
}> {
  let before = stocked(shelvesAtFirst);
  for (const each of steps) {
    const decision = tried(before, each);
    const now = after(before, decision);
    yield { before, now, decision, each };
    before = now;
  }
}

const granted = (state: StockState): GrantedAllotment[] =>
  Object.values(state.allotments).flatMap((allotment) => (allotment?.status === 'allotted' ? [allotment] : []));
const remainingIn = ({ remaining }: GrantedAllotment): number =>
  Object.values(remaining).reduce((sum, each) => sum + each, 0);
/** Pieces that orders still hold on a shelf. */
const heldOn = (state: StockState, sku: string, warehouse: string): number =>
  Object.values(state.reservations).reduce((sum, reservation) => {
    const on = (picks: Allocation): number =>
      quantityOf(picks.filter((pick) => pick.sku === sku && pick.warehouse === warehouse));
    return sum + on(reservation!.allocation) - on(reservation!.parcels.flatMap(({ allocation }) => allocation));
  }, 0);

it('loses and invents no piece, on no shelf and in no allotment, whatever happens in whatever order', () => {
  fc.assert(
    fc.property(histories, (past) => {
      for (const { now } of history(past)) {
        for (const stock of Object.values(now.stock)) {
          const { sku, warehouse, received, onHand, reserved, allotted, issued } = stock!;
          expect(onHand + reserved + allotted + issued).toBe(received);
          expect(Math.min(onHand, reserved, allotted, issued)).toBeGreaterThanOrEqual(0);
          const inAllotments = granted(now)
            .filter((allotment) => allotment.sku === sku)
            .reduce((sum, { remaining }) => sum + (remaining[warehouse as Warehouse] ?? 0), 0);
          expect(allotted).toBe(inAllotments);
          expect(reserved).toBe(heldOn(now, sku, warehouse));
        }
        for (const allotment of granted(now)) {
          expect(remainingIn(allotment) + allotment.taken + allotment.returned).toBe(allotment.quantity);
          expect(
            Math.min(allotment.taken, allotment.returned, ...Object.values(allotment.remaining)),
          ).toBeGreaterThanOrEqual(0);
        }
      }
    }),
    { numRuns: 200 },
  );
});

it('takes no piece from the wrong pot: a sale’s order changes its own allotment alone, another order none', () => {
  fc.assert(
    fc.property(histories, (past) => {
      for (const { before, now, each } of history(past)) {
        const mine = each.happens === 'allot' || each.happens === 'return' ? each.sale : ORDERS[each.id]!.sale;
        for (const sale of Object.keys(SALES))
          if (sale !== mine) expect(now.allotments[sale]).toBe(before.allotments[sale]);
        if (each.happens === 'allot' || each.happens === 'return') continue;
        const left = (of: 'onHand' | 'allotted') =>
          Object.values(now.stock).reduce(
            (sum, stock, index) => sum + stock![of] - Object.values(before.stock)[index]![of],
            0,
          );
        expect(left(mine === undefined ? 'allotted' : 'onHand')).toBe(0);
      }
    }),
    { numRuns: 200 },
  );
});

it('has for every sale as many pieces taken as its orders have held and not given back', () => {
  fc.assert(
    fc.property(histories, (past) => {
      const taken: Record<string, number> = {};
      for (const { now, decision, each } of history(past)) {
        const { sale } = ORDERS[each.id]!;
        const facts = sentBy(decision) as unknown as ({ type: string } & Data<typeof StockReleased>)[];
        // A decision that changes nothing only repeats its facts.
        for (const fact of decision.state ? facts : []) {
          if (fact.type !== 'stock.reserved' && fact.type !== 'stock.released') continue;
          expect(fact.flashSaleId).toBe(sale);
          if (sale)
            taken[sale] = (taken[sale] ?? 0) + (fact.type === 'stock.reserved' ? 1 : -1) * quantityOf(fact.allocation);
        }
        for (const allotment of granted(now)) expect(allotment.taken).toBe(taken[allotment.saleId] ?? 0);
      }
    }),
    { numRuns: 200 },
  );
});

it('publishes the end of each order to its sale, once but for replies to further facts about it', () => {
  fc.assert(
    fc.property(histories, (past) => {
      const ends = new Set<string>();
      const released: string[] = [];
      for (const { decision, each } of history(past)) {
        if (each.happens === 'cancelled' || each.happens === 'rejected' || each.happens === 'never-placed')
          ends.add(each.id);
        const sent = sentBy(decision) as unknown as ({ type: string } & Data<typeof StockReleased>)[];
        const facts = decision.state ? sent : [];
        released.push(
          ...facts
            .filter(({ type, flashSaleId }) => type === 'stock.released' && flashSaleId !== undefined)
            .map(({ orderId }) => orderId),
        );
      }
      expect(released.sort()).toEqual([...ends].filter((id) => ORDERS[id]!.sale !== undefined).sort());
    }),
    { numRuns: 200 },
  );
});

it('tells of a product once whenever it had no piece and has some, each time by a greater version', () => {
  fc.assert(
    fc.property(histories, (past) => {
      const latest: Record<string, number> = {};
      for (const { before, now, decision } of history(past)) {
        const isBack = (sku: string): boolean => available(sku, before.stock) === 0 && available(sku, now.stock) > 0;
        const facts = (sentBy(decision) as unknown as ({ type: string } & Data<typeof ProductRestocked>)[]).filter(
          ({ type }) => type === 'product.restocked',
        );
        expect(facts.map(({ sku }) => sku).sort()).toEqual(['cap', 'mug'].filter(isBack));
        for (const { sku, name, available: pieces, version } of facts) {
          expect([name, pieces]).toEqual([sku, available(sku, now.stock)]);
          expect(version).toBeGreaterThan(latest[sku] ?? 0);
          latest[sku] = version;
        }
      }
    }),
    { numRuns: 200 },
  );
});
