import { describe, expect, it } from 'vitest';
import { claim, released } from './claim.js';
import { allotted, askAgain, confirmed, create, lookAtClock, refused, shelve, type NewSale } from './sale.js';
import type { Decision, State } from './tables.js';
import { ADDRESS, after, afterwards, newSale, NOON, nothing, PRICE, sentBy } from './testing/given.js';

const request = newSale();
const { saleId } = request;
const OPENS = after(60_000);
const CLOSES = after(3_660_000);
const answer = { saleId, sku: 'TEE', version: 1 };
const users = ['0193f000-0000-7000-8000-000000000001', '0193f000-0000-7000-8000-000000000002'] as const;

const preparing = afterwards(nothing, create(nothing, request, NOON));
const allot = (now: Date): Decision => allotted(preparing, { ...answer, quantity: 2 }, now);
const scheduled = afterwards(preparing, allot(after(1_000)));
const open = afterwards(scheduled, lookAtClock(scheduled, request, OPENS));
const wins = (state: State, userId: string, now: Date): State => afterwards(state, claim(state, { saleId, userId, round: 1, address: ADDRESS }, { at: now, now }));
const soldOut = users.reduce((state, userId) => wins(state, userId, after(61_000)), open);
/** Its time is over, and for so long nobody came for what it had left. */
const SHELVES = after(120_000, CLOSES);
const closedAt = (state: State, now = CLOSES): State => afterwards(state, lookAtClock(state, request, now));
const shelvedOf = (state: State, now = SHELVES): Decision => shelve(state, { saleId, lineIsEmpty: false }, now);
const shelved = (state: State): State => afterwards(closedAt(state), shelvedOf(closedAt(state)));
const saleIn = (state: State) => state.sales[saleId]!;
const returnsOf = (decision: Decision) => sentBy(decision).filter(({ type }) => type === 'inventory.return-allotment');
const problem = (status: number, title: string) => expect.objectContaining({ problem: expect.objectContaining({ status, title }) });

describe('a new sale', () => {
  it('asks inventory for its pieces, and is answered as preparing', () => {
    const { reply } = create(nothing, request, NOON);
    expect(reply).toMatchObject({ id: saleId, price: PRICE, state: 'preparing', quantity: 2, remaining: 2, held: 0, sold: 0, round: 0, version: 1 });
    expect(sentBy(create(nothing, request, NOON))).toEqual([
      { type: 'inventory.allot', saleId, sku: 'TEE', quantity: 2, currency: 'EUR' },
      { type: 'sale.changed', ...reply },
    ]);
  });

  it('is the same when it is asked for again, whatever has become of it', () => {
    expect(create(preparing, request, after(9_000))).toEqual({ reply: create(nothing, request, NOON).reply });
    expect(create(soldOut, { ...request, opensAt: '2026-11-22T12:01:00Z' }, CLOSES)).toMatchObject({ reply: { id: saleId, state: 'sold-out' } });
  });

  it.each<Partial<NewSale>>([
    { sku: 'MUG' }, { quantity: 3 }, { price: { ...PRICE, amount: 501 } }, { price: { ...PRICE, currency: 'USD' } }, { payWithinSeconds: 61 },
    { opensAt: after(60_001).toISOString() }, { closesAt: after(3_660_001).toISOString() },
  ])('is refused under an id that has other details: %j', (change) => {
    expect(() => create(preparing, { ...request, ...change }, NOON)).toThrow(problem(409, 'Another sale has this id'));
  });

  it.each([
    ['is over', newSale({ opensAt: after(-2).toISOString(), closesAt: NOON.toISOString() })],
    ['closes before it opens', newSale({ closesAt: request.opensAt })],
  ])('is refused when it %s', (_, impossible) => {
    expect(() => create(nothing, impossible, NOON)).toThrow(problem(422, 'No time to sell'));
  });
});

describe('the answer of inventory', () => {
  it.each([
    ['waits for its time', after(59_999), 'scheduled', 0],
    ['opens at once when its time has come', OPENS, 'open', 1],
  ] as const)('lets the sale go on: it %s', (_, now, state, round) => {
    expect(sentBy(allot(now))).toMatchObject([{ type: 'sale.changed', state, round, version: 2 }]);
  });

  it('closes a sale whose time is over, which then gives all of it back', () => {
    expect(sentBy(allot(CLOSES))).toMatchObject([{ type: 'sale.changed', state: 'closed', round: 1 }]);
    expect(returnsOf(shelvedOf(afterwards(preparing, allot(CLOSES))))).toEqual([{ type: 'inventory.return-allotment', saleId, sku: 'TEE', quantity: 2, returned: 2 }]);
  });

  it('ends a sale that has too few pieces', () => {
    const decision = refused(preparing, { ...answer, available: 1 }, after(1_000));
    expect(sentBy(decision)).toMatchObject([{ type: 'sale.changed', state: 'refused' }]);
    expect(lookAtClock(afterwards(preparing, decision), request, CLOSES)).toEqual({});
  });

  it('counts once', () => {
    expect([allotted(scheduled, { ...answer, quantity: 2 }, CLOSES), refused(scheduled, { ...answer, available: 1 }, CLOSES)]).toEqual([{}, {}]);
  });

  it('is a dead letter when nothing is known of the sale', () => {
    expect(() => allotted(nothing, { ...answer, quantity: 2 }, NOON)).toThrow('nothing is known of sale');
  });
});

describe('the clock', () => {
  it('opens a sale at its time and not before', () => {
    expect(lookAtClock(scheduled, request, after(59_999))).toEqual({});
    expect(sentBy(lookAtClock(scheduled, request, OPENS))).toMatchObject([{ type: 'sale.changed', state: 'open', round: 1, remaining: 2 }]);
    expect(lookAtClock(open, request, after(60_100))).toEqual({});
  });

  it('closes a sale once, and gives back exactly what is unsold, when its line had two minutes to be served', () => {
    const closed = closedAt(wins(open, users[0], after(61_000)));
    expect(saleIn(closed)).toMatchObject({ state: 'closed', remaining: 1, held: 1, returned: 0, shelveAt: SHELVES });
    expect([shelvedOf(closed, after(-1, SHELVES)), lookAtClock(closed, request, after(9_000_000))]).toEqual([{}, {}]);
    const decision = shelvedOf(closed);
    expect(returnsOf(decision)).toEqual([{ type: 'inventory.return-allotment', saleId, sku: 'TEE', quantity: 1, returned: 1 }]);
    expect(saleIn(afterwards(closed, decision))).toMatchObject({ state: 'closed', remaining: 1, held: 1, returned: 1, shelveAt: null });
    expect(shelvedOf(afterwards(closed, decision), after(9_000_000))).toEqual({});
  });

  it('gives it back two seconds after the line was seen empty, however often it is', () => {
    const closed = closedAt(open);
    const seen = (state: State, ms: number) => shelve(state, { saleId, lineIsEmpty: true }, after(ms, CLOSES));
    const soon = afterwards(closed, seen(closed, 3_000));
    expect([sentBy(seen(closed, 3_000)), saleIn(soon).shelveAt]).toEqual([[], after(5_000, CLOSES)]);
    expect(seen(soon, 4_999)).toEqual({});
    expect(returnsOf(seen(soon, 5_000))).toMatchObject([{ quantity: 2 }]);
  });

  it('gives nothing back of a sale that is sold out', () => {
    expect(sentBy(lookAtClock(soldOut, request, CLOSES))).toMatchObject([{ type: 'sale.changed', state: 'closed', remaining: 0 }, { type: 'sale.progress' }]);
    expect(returnsOf(shelvedOf(closedAt(soldOut)))).toEqual([]);
  });
});

describe('an answer of inventory that does not come', () => {
  const MINUTE = 60_000;
  const again = (state: State, now: Date): Decision => askAgain(state, { saleId }, MINUTE, now);
  const closed = shelved(open);
  const answered = (state: State, returned: number): State => afterwards(state, confirmed(state, { ...answer, quantity: 1, returned }));

  it('is asked for again when the sale has waited for so long, and once, whoever looks', () => {
    expect(again(preparing, after(MINUTE - 1))).toEqual({});
    const decision = again(preparing, after(MINUTE));
    expect(sentBy(decision)).toEqual([{ type: 'inventory.allot', saleId, sku: 'TEE', quantity: 2, currency: 'EUR' }]);
    expect(again(afterwards(preparing, decision), after(MINUTE))).toEqual({});
  });

  it('is asked for again while pieces that went back are not confirmed, by what is missing', () => {
    expect(again(closed, after(MINUTE - 1, SHELVES))).toEqual({});
    expect(sentBy(again(closed, after(MINUTE, SHELVES)))).toEqual([{ type: 'inventory.return-allotment', saleId, sku: 'TEE', quantity: 2, returned: 2 }]);
    expect(sentBy(again(answered(closed, 1), after(MINUTE, SHELVES)))).toEqual([{ type: 'inventory.return-allotment', saleId, sku: 'TEE', quantity: 1, returned: 2 }]);
  });

  it.each([
    ['is scheduled', scheduled],
    ['is open', open],
    ['was refused', afterwards(preparing, refused(preparing, { ...answer, available: 1 }, NOON))],
    ['has closed, and all that went back is confirmed', answered(closed, 2)],
    ['has closed with nothing to give back', shelved(soldOut)],
  ])('is not asked for when the sale %s', (_, state) => {
    expect(again(state, after(9_000_000))).toEqual({});
  });

  it('is asked for once of a sale that is older than the confirmations', () => {
    const old: State = { ...closed, sales: { [saleId]: { ...saleIn(closed), waitingSince: null, askedAt: null } } };
    const decision = again(old, after(9_000_000));
    expect(returnsOf(decision)).toMatchObject([{ quantity: 2, returned: 2 }]);
    expect(again(answered(afterwards(old, decision), 2), after(99_000_000))).toEqual({});
  });

  it('counts the highest confirmation, in whatever order they come', () => {
    expect(saleIn(answered(answered(closed, 2), 1))).toMatchObject({ returnedConfirmed: 2, waitingSince: null });
    expect(saleIn(answered(closed, 1))).toMatchObject({ returnedConfirmed: 1, waitingSince: SHELVES });
    expect(confirmed(closed, { ...answer, quantity: 1 })).toEqual({});
  });
});

describe('a piece that comes back', () => {
  const order = (state: State) => ({ saleId, userId: users[0], orderId: state.claims[`${saleId}/${users[0]}`]!.orderId! });

  it('opens a sold-out sale again, in a new round', () => {
    expect(sentBy(released(soldOut, order(soldOut), after(90_000)))).toMatchObject([{ type: 'claim.decided' }, { type: 'sale.changed', state: 'open', round: 2, remaining: 1, held: 1 }, { type: 'sale.progress' }]);
  });

  it('begins no new round while the sale is open', () => {
    const one = wins(open, users[0], after(61_000));
    expect(saleIn(afterwards(one, released(one, order(one), after(90_000))))).toMatchObject({ state: 'open', round: 1, remaining: 2, held: 0 });
  });

  it('waits for its own confirmation when those before are confirmed', () => {
    const one = wins(open, users[0], after(61_000));
    const closing = shelved(one);
    const settled = afterwards(closing, confirmed(closing, { ...answer, quantity: 1, returned: 1 }));
    const back = released(settled, order(settled), after(9_000_000));
    expect(returnsOf(back)).toEqual([{ type: 'inventory.return-allotment', saleId, sku: 'TEE', quantity: 1, returned: 2 }]);
    expect(saleIn(afterwards(settled, back))).toMatchObject({ returned: 2, returnedConfirmed: 1, waitingSince: after(9_000_000) });
  });

  it('is kept for the line while the line of a closed sale is served', () => {
    const closed = closedAt(soldOut);
    const back = released(closed, order(closed), after(1_000, CLOSES));
    expect(returnsOf(back)).toEqual([]);
    expect(returnsOf(shelvedOf(afterwards(closed, back)))).toMatchObject([{ quantity: 1, returned: 1 }]);
  });

  it('goes back to the shelves by itself after that', () => {
    const closed = shelved(soldOut);
    const back = released(closed, order(closed), after(9_000_000));
    expect(returnsOf(back)).toEqual([{ type: 'inventory.return-allotment', saleId, sku: 'TEE', quantity: 1, returned: 1 }]);
    expect(saleIn(afterwards(closed, back))).toMatchObject({ state: 'closed', round: 1, remaining: 1, held: 1, returned: 1 });
  });

  it('closes a sale whose time is over before it goes back, and is counted once', () => {
    const closed = afterwards(soldOut, released(soldOut, order(soldOut), CLOSES));
    expect(saleIn(closed)).toMatchObject({ state: 'closed', remaining: 1, held: 1, returned: 0 });
    expect(returnsOf(shelvedOf(closed))).toEqual([{ type: 'inventory.return-allotment', saleId, sku: 'TEE', quantity: 1, returned: 1 }]);
  });
});
