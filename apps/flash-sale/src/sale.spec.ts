import { describe, expect, it } from 'vitest';
import { claim, released } from './claim.js';
import { allotted, resend, closeEarly, confirmed, create, applyClock, type NewSale, refused, shelve } from './sale.js';
import type { Decision, State } from './tables.js';
import { ADDRESS, after, afterwards, BOUNDS, newSale, NOON, nothing, PRICE, sentBy } from './testing/given.js';

const request = newSale();
const { saleId } = request;
const OPENS = after(60_000);
const CLOSES = after(3_660_000);
const answer = { saleId, sku: 'TEE', version: 1 };
const users = ['0193f000-0000-7000-8000-000000000001', '0193f000-0000-7000-8000-000000000002'] as const;

const preparing = afterwards(nothing, create(nothing, request, NOON, BOUNDS));
const allot = (now: Date): Decision => allotted(preparing, { ...answer, quantity: 2 }, now);
const scheduled = afterwards(preparing, allot(after(1_000)));
const open = afterwards(scheduled, applyClock(scheduled, request, OPENS));
const wins = (state: State, userId: string, now: Date): State =>
  afterwards(state, claim(state, { saleId, userId, round: 1, address: ADDRESS }, { at: now, now }));
const soldOut = users.reduce((state, userId) => wins(state, userId, after(61_000)), open);
/** The sale is closed, and its remaining pieces were kept for the longest time. */
const SHELVES = after(120_000, CLOSES);
const closedAt = (state: State, now = CLOSES): State => afterwards(state, applyClock(state, request, now));
const shelvedOf = (state: State, now = SHELVES): Decision => shelve(state, { saleId, queueIsEmpty: false }, now);
const shelved = (state: State): State => afterwards(closedAt(state), shelvedOf(closedAt(state)));
const saleIn = (state: State) => state.sales[saleId]!;
const returnsOf = (decision: Decision<unknown>) =>
  sentBy(decision).filter(({ type }) => type === 'inventory.return-allotment');
const problem = (status: number, title: string) =>
  expect.objectContaining({ problem: expect.objectContaining({ status, title }) });

describe('a new sale', () => {
  it('requests its pieces from inventory, and is returned as preparing', () => {
    const { reply } = create(nothing, request, NOON, BOUNDS);
    expect(reply).toMatchObject({
      id: saleId,
      price: PRICE,
      state: 'preparing',
      quantity: 2,
      remaining: 2,
      held: 0,
      sold: 0,
      round: 0,
      version: 1,
    });
    expect(sentBy(create(nothing, request, NOON, BOUNDS))).toEqual([
      { type: 'inventory.allot', saleId, sku: 'TEE', quantity: 2, currency: 'EUR' },
      { type: 'sale.changed', ...reply },
    ]);
  });

  it('is the same when it is requested again, whatever its state', () => {
    expect(create(preparing, request, after(9_000), BOUNDS)).toEqual({
      reply: create(nothing, request, NOON, BOUNDS).reply,
    });
    expect(create(soldOut, { ...request, opensAt: '2026-11-22T12:01:00Z' }, CLOSES, BOUNDS)).toMatchObject({
      reply: { id: saleId, state: 'sold-out' },
    });
  });

  it.each<Partial<NewSale>>([
    { sku: 'MUG' },
    { quantity: 3 },
    { price: { ...PRICE, amount: 501 } },
    { price: { ...PRICE, currency: 'USD' } },
    { payWithinSeconds: 61 },
    { opensAt: after(60_001).toISOString() },
    { closesAt: after(3_660_001).toISOString() },
  ])('is refused under an id that has other details: %j', (change) => {
    expect(() => create(preparing, { ...request, ...change }, NOON, BOUNDS)).toThrow(
      problem(409, 'Another sale has this id'),
    );
  });

  const DAY = 86_400_000;
  const lasting = (fromMs: number, forMs: number) =>
    newSale({ opensAt: after(fromMs).toISOString(), closesAt: after(fromMs + forMs).toISOString() });
  it.each([
    ['is over', lasting(-2, 2), [['closesAt', 'a sale closes after now']]],
    ['closes before it opens', newSale({ closesAt: request.opensAt }), [['closesAt', 'a sale closes after it opens']]],
    [
      'closes in the year 9999',
      newSale({ closesAt: '9999-12-31T23:59:59Z' }),
      [['closesAt', 'a sale closes at most 30 days after it opens']],
    ],
    [
      'opened long ago',
      newSale({ opensAt: '0001-01-01T00:00:00Z' }),
      [['closesAt', 'a sale closes at most 30 days after it opens']],
    ],
    ['opens in ten years', lasting(3_650 * DAY, 60_000), [['opensAt', 'a sale opens at most 366 days from now']]],
    [
      'opens and lasts a moment too long',
      lasting(366 * DAY + 1, 30 * DAY + 1),
      [
        ['opensAt', 'a sale opens at most 366 days from now'],
        ['closesAt', 'a sale closes at most 30 days after it opens'],
      ],
    ],
  ])('is refused when it %s, and the limit is named', (_, impossible, faults) => {
    const errors = faults.map(([path, message]) => ({ path, message }));
    const refusal = expect.objectContaining({
      problem: expect.objectContaining({
        status: 422,
        title: 'Not valid',
        errors,
        detail: errors.map(({ message }) => message).join('; '),
      }),
    });
    expect(() => create(nothing, impossible, NOON, BOUNDS)).toThrow(refusal);
  });

  it('may be as far away and as long as the limits allow, for any limits', () => {
    expect(create(nothing, lasting(366 * DAY, 30 * DAY), NOON, BOUNDS).reply).toMatchObject({ state: 'preparing' });
    expect(() => create(nothing, lasting(DAY + 1, 1), NOON, { SALE_LONGEST_DAYS: 1, SALE_AHEAD_DAYS: 1 })).toThrow(
      'a sale opens at most 1 day from now',
    );
  });

  it('is the same when it is requested again after a limit was lowered', () => {
    expect(create(preparing, request, NOON, { SALE_LONGEST_DAYS: 0, SALE_AHEAD_DAYS: 0 })).toMatchObject({
      reply: { id: saleId },
    });
  });
});

describe('the reply of inventory', () => {
  it.each([
    ['waits for its time', after(59_999), 'scheduled', 0],
    ['opens at once when it is time', OPENS, 'open', 1],
  ] as const)('lets the sale continue: it %s', (_, now, state, round) => {
    expect(sentBy(allot(now))).toMatchObject([{ type: 'sale.changed', state, round, version: 2 }]);
  });

  it('closes a sale whose time is over, which then returns all its pieces', () => {
    expect(sentBy(allot(CLOSES))).toMatchObject([{ type: 'sale.changed', state: 'closed', round: 1 }]);
    expect(returnsOf(shelvedOf(afterwards(preparing, allot(CLOSES))))).toEqual([
      { type: 'inventory.return-allotment', saleId, sku: 'TEE', quantity: 2, returned: 2 },
    ]);
  });

  it('ends a sale that has too few pieces', () => {
    const decision = refused(preparing, { ...answer, available: 1 }, after(1_000));
    expect(sentBy(decision)).toMatchObject([{ type: 'sale.changed', state: 'refused' }]);
    expect(applyClock(afterwards(preparing, decision), request, CLOSES)).toEqual({});
  });

  it('counts once', () => {
    expect([
      allotted(scheduled, { ...answer, quantity: 2 }, CLOSES),
      refused(scheduled, { ...answer, available: 1 }, CLOSES),
    ]).toEqual([{}, {}]);
  });

  it('is a dead letter when there is no record of the sale', () => {
    expect(() => allotted(nothing, { ...answer, quantity: 2 }, NOON)).toThrow('no record of sale');
  });
});

describe('the clock', () => {
  it('opens a sale at its time and not before', () => {
    expect(applyClock(scheduled, request, after(59_999))).toEqual({});
    expect(sentBy(applyClock(scheduled, request, OPENS))).toMatchObject([
      { type: 'sale.changed', state: 'open', round: 1, remaining: 2 },
    ]);
    expect(applyClock(open, request, after(60_100))).toEqual({});
  });

  it('closes a sale once, and returns exactly the unsold pieces after two minutes for its queue', () => {
    const closed = closedAt(wins(open, users[0], after(61_000)));
    expect(saleIn(closed)).toMatchObject({ state: 'closed', remaining: 1, held: 1, returned: 0, shelveAt: SHELVES });
    expect([shelvedOf(closed, after(-1, SHELVES)), applyClock(closed, request, after(9_000_000))]).toEqual([{}, {}]);
    const decision = shelvedOf(closed);
    expect(returnsOf(decision)).toEqual([
      { type: 'inventory.return-allotment', saleId, sku: 'TEE', quantity: 1, returned: 1 },
    ]);
    expect(saleIn(afterwards(closed, decision))).toMatchObject({
      state: 'closed',
      remaining: 1,
      held: 1,
      returned: 1,
      shelveAt: null,
    });
    expect(shelvedOf(afterwards(closed, decision), after(9_000_000))).toEqual({});
  });

  it('returns them two seconds after the queue was first seen empty', () => {
    const closed = closedAt(open);
    const seen = (state: State, ms: number) => shelve(state, { saleId, queueIsEmpty: true }, after(ms, CLOSES));
    const soon = afterwards(closed, seen(closed, 3_000));
    expect([sentBy(seen(closed, 3_000)), saleIn(soon).shelveAt]).toEqual([[], after(5_000, CLOSES)]);
    expect(seen(soon, 4_999)).toEqual({});
    expect(returnsOf(seen(soon, 5_000))).toMatchObject([{ quantity: 2 }]);
  });

  it('returns nothing of a sale that is sold out', () => {
    expect(sentBy(applyClock(soldOut, request, CLOSES))).toMatchObject([
      { type: 'sale.changed', state: 'closed', remaining: 0 },
      { type: 'sale.progress' },
    ]);
    expect(returnsOf(shelvedOf(closedAt(soldOut)))).toEqual([]);
  });
});

describe('a missing reply of inventory', () => {
  const MINUTE = 60_000;
  const again = (state: State, now: Date): Decision => resend(state, { saleId }, MINUTE, now);
  const closed = shelved(open);
  const answered = (state: State, returned: number): State =>
    afterwards(state, confirmed(state, { ...answer, quantity: 1, returned }));

  it('is requested again when the sale has waited too long, once for any number of sweeps', () => {
    expect(again(preparing, after(MINUTE - 1))).toEqual({});
    const decision = again(preparing, after(MINUTE));
    expect(sentBy(decision)).toEqual([{ type: 'inventory.allot', saleId, sku: 'TEE', quantity: 2, currency: 'EUR' }]);
    expect(again(afterwards(preparing, decision), after(MINUTE))).toEqual({});
  });

  it('is requested again while returned pieces are not confirmed, for the missing number', () => {
    expect(again(closed, after(MINUTE - 1, SHELVES))).toEqual({});
    expect(sentBy(again(closed, after(MINUTE, SHELVES)))).toEqual([
      { type: 'inventory.return-allotment', saleId, sku: 'TEE', quantity: 2, returned: 2 },
    ]);
    expect(sentBy(again(answered(closed, 1), after(MINUTE, SHELVES)))).toEqual([
      { type: 'inventory.return-allotment', saleId, sku: 'TEE', quantity: 1, returned: 2 },
    ]);
  });

  it.each([
    ['is scheduled', scheduled],
    ['is open', open],
    ['was refused', afterwards(preparing, refused(preparing, { ...answer, available: 1 }, NOON))],
    ['has closed, and all returns are confirmed', answered(closed, 2)],
    ['has closed with nothing to return', shelved(soldOut)],
  ])('is not requested when the sale %s', (_, state) => {
    expect(again(state, after(9_000_000))).toEqual({});
  });

  it('is requested once for a sale that is older than the confirmations', () => {
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
  const order = (state: State) => ({
    saleId,
    userId: users[0],
    orderId: state.claims[`${saleId}/${users[0]}`]!.orderId!,
  });

  it('opens a sold-out sale again, in a new round', () => {
    expect(sentBy(released(soldOut, order(soldOut), after(90_000)))).toMatchObject([
      { type: 'claim.decided' },
      { type: 'sale.changed', state: 'open', round: 2, remaining: 1, held: 1 },
      { type: 'sale.progress' },
    ]);
  });

  it('begins no new round while the sale is open', () => {
    const one = wins(open, users[0], after(61_000));
    expect(saleIn(afterwards(one, released(one, order(one), after(90_000))))).toMatchObject({
      state: 'open',
      round: 1,
      remaining: 2,
      held: 0,
    });
  });

  it('waits for its own confirmation when those before are confirmed', () => {
    const one = wins(open, users[0], after(61_000));
    const closing = shelved(one);
    const settled = afterwards(closing, confirmed(closing, { ...answer, quantity: 1, returned: 1 }));
    const back = released(settled, order(settled), after(9_000_000));
    expect(returnsOf(back)).toEqual([
      { type: 'inventory.return-allotment', saleId, sku: 'TEE', quantity: 1, returned: 2 },
    ]);
    expect(saleIn(afterwards(settled, back))).toMatchObject({
      returned: 2,
      returnedConfirmed: 1,
      waitingSince: after(9_000_000),
    });
  });

  it('is kept for waiting claims while the queue of a closed sale is drained', () => {
    const closed = closedAt(soldOut);
    const back = released(closed, order(closed), after(1_000, CLOSES));
    expect(returnsOf(back)).toEqual([]);
    expect(returnsOf(shelvedOf(afterwards(closed, back)))).toMatchObject([{ quantity: 1, returned: 1 }]);
  });

  it('goes back to the shelves at once after that', () => {
    const closed = shelved(soldOut);
    const back = released(closed, order(closed), after(9_000_000));
    expect(returnsOf(back)).toEqual([
      { type: 'inventory.return-allotment', saleId, sku: 'TEE', quantity: 1, returned: 1 },
    ]);
    expect(saleIn(afterwards(closed, back))).toMatchObject({
      state: 'closed',
      round: 1,
      remaining: 1,
      held: 1,
      returned: 1,
    });
  });

  it('closes a sale whose time is over before it goes back, and is counted once', () => {
    const closed = afterwards(soldOut, released(soldOut, order(soldOut), CLOSES));
    expect(saleIn(closed)).toMatchObject({ state: 'closed', remaining: 1, held: 1, returned: 0 });
    expect(returnsOf(shelvedOf(closed))).toEqual([
      { type: 'inventory.return-allotment', saleId, sku: 'TEE', quantity: 1, returned: 1 },
    ]);
  });
});

describe('an admin who closes a sale', () => {
  const close = (state: State, now: Date): Decision<unknown> => closeEarly(state, { saleId }, now);
  const EARLY = after(62_000);
  const closedAt = EARLY.toISOString();
  const one = wins(open, users[0], after(61_000));
  const order = (state: State) => ({
    saleId,
    userId: users[0],
    orderId: state.claims[`${saleId}/${users[0]}`]!.orderId!,
  });

  it.each([
    ['scheduled', scheduled, after(2_000), 0, 2],
    ['open', one, EARLY, 1, 1],
    ['sold out', soldOut, EARLY, 1, 0],
    ['open by its time, though no sweep has run', scheduled, EARLY, 0, 2],
  ])(
    'returns the unsold pieces of a sale that is %s, publishes it, and changes nothing the second time',
    (_, state, now, round, left) => {
      const decision = close(state, now);
      const closed = afterwards(state, decision);
      expect(decision.reply).toMatchObject({
        id: saleId,
        state: 'closed',
        round,
        remaining: left,
        closedAt: now.toISOString(),
        closesAt: CLOSES.toISOString(),
      });
      expect(returnsOf(decision)).toEqual(
        left === 0 ? [] : [{ type: 'inventory.return-allotment', saleId, sku: 'TEE', quantity: left, returned: left }],
      );
      expect(sentBy(decision)).toContainEqual({ type: 'sale.changed', ...(decision.reply as object) });
      expect(close(closed, after(1_000, now))).toEqual({ reply: decision.reply });
      expect(applyClock(closed, request, CLOSES)).toEqual({});
    },
  );

  it('closes a preparing sale when its pieces are allotted, and not before', () => {
    const closing = close(preparing, after(500));
    expect([closing.reply, sentBy(closing)]).toMatchObject([
      { state: 'preparing', closedAt: after(500).toISOString() },
      [{ type: 'sale.changed', state: 'preparing' }],
    ]);
    const waiting = afterwards(preparing, closing);
    expect(close(waiting, after(600))).toEqual({ reply: closing.reply });
    const there = allotted(waiting, { ...answer, quantity: 2 }, after(1_000));
    expect(sentBy(there)).toMatchObject([
      { type: 'inventory.return-allotment', quantity: 2, returned: 2 },
      { type: 'sale.changed', state: 'closed', round: 0 },
    ]);
    const refusal = refused(waiting, { ...answer, available: 1 }, after(1_000));
    expect(saleIn(afterwards(waiting, refusal))).toMatchObject({ state: 'refused' });
  });

  it('changes nothing of a sale that has closed by time, and replies which came first', () => {
    const byTime = close(one, CLOSES);
    expect(byTime.reply).toMatchObject({ state: 'closed', remaining: 1 });
    expect(byTime.reply).not.toHaveProperty('closedAt');
    expect(close(afterwards(one, byTime), after(9_000_000))).toEqual({ reply: byTime.reply });
  });

  it('receives 404 for a sale that is unknown or was refused', () => {
    const without = afterwards(preparing, refused(preparing, { ...answer, available: 1 }, NOON));
    for (const state of [nothing, without]) expect(() => close(state, NOON)).toThrow(problem(404, 'Sale not found'));
  });

  it('keeps the payment window of a win: a paid piece is sold, an unpaid one is returned and offered to no other claim', () => {
    const closed = afterwards(one, close(one, EARLY));
    expect(saleIn(closed)).toMatchObject({ remaining: 1, held: 1, returned: 1 });
    const back = released(closed, order(closed), after(90_000));
    expect(returnsOf(back)).toEqual([
      { type: 'inventory.return-allotment', saleId, sku: 'TEE', quantity: 1, returned: 2 },
    ]);
    const over = afterwards(closed, back);
    expect(saleIn(over)).toMatchObject({ state: 'closed', remaining: 2, held: 0, returned: 2 });
    const late = claim(
      over,
      { saleId, userId: users[1], round: 1, address: ADDRESS },
      { at: after(61_500), now: after(91_000) },
    );
    expect(sentBy(late)).toContainEqual({
      type: 'claim.decided',
      saleId,
      userId: users[1],
      round: 1,
      status: 'lost',
      reason: 'closed',
    });
  });

  it('does not change the reply to a repeated creation of the sale', () => {
    const closed = afterwards(one, close(one, EARLY));
    expect(create(closed, request, after(70_000), BOUNDS)).toMatchObject({
      reply: { id: saleId, state: 'closed', closedAt },
    });
  });
});
