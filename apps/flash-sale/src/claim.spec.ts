import type { OrderReason } from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import { describe, expect, it } from 'vitest';
import { claim, ended, paid, placeAgain, released, resultOf } from './claim.js';
import { allotted, create, applyClock, refused, shelve } from './sale.js';
import { claimKey, type Decision, type State, type Winner } from './tables.js';
import { ADDRESS, after, afterwards, BOUNDS, newSale, NOON, nothing, PRICE, sentBy } from './testing/given.js';

const request = newSale({ quantity: 1 });
const { saleId } = request;
const [ada, bob] = ['0193f000-0000-7000-8000-000000000001', '0193f000-0000-7000-8000-000000000002'];
const OPEN = after(61_000);
const CLOSES = after(3_660_000);

const claims = (state: State, userId: string, round = 1, now = OPEN, at = now): Decision =>
  claim(state, { saleId, userId, round, address: ADDRESS }, { at, now });
const then = (state: State, userId: string, round = 1, now = OPEN): State =>
  afterwards(state, claims(state, userId, round, now));
const result = (state: State, userId: string, round = 1) => resultOf(state.claims[claimKey({ saleId, userId })], round);
const decided = (decision: Decision) => sentBy(decision).filter(({ type }) => type === 'claim.decided');
const orders = (decision: Decision) => sentBy(decision).filter(({ type }) => type === 'orders.place');

const preparing = afterwards(nothing, create(nothing, request, NOON, BOUNDS));
const scheduled = afterwards(preparing, allotted(preparing, { saleId, sku: 'TEE', version: 1, quantity: 1 }, NOON));
const won = then(scheduled, ada);
const orderId = won.claims[claimKey({ saleId, userId: ada })]!.orderId!;
const order = { saleId, userId: ada, orderId };
const counters = (state: State) => {
  const { remaining, held, sold } = state.sales[saleId]!;
  return { remaining, held, sold };
};
const reopened = afterwards(won, released(won, order, after(70_000)));

describe('a claim', () => {
  it('wins while there are pieces, and becomes one order at the sale’s price', () => {
    const decision = claims(scheduled, ada);
    expect(orders(decision)).toEqual([
      {
        type: 'orders.place',
        orderId,
        userId: ada,
        lines: [{ sku: 'TEE', quantity: 1 }],
        address: ADDRESS,
        bodyHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        payWithinSeconds: 60,
        flashSale: { id: saleId, unitPrice: PRICE },
      },
    ]);
    expect(decided(decision)).toEqual([
      { type: 'claim.decided', saleId, userId: ada, round: 1, status: 'won', orderId },
    ]);
    expect(result(won, ada)).toEqual({ status: 'won', orderId });
  });

  it('opens a sale when it is time, before the sweep has run, and sells it out', () => {
    expect(sentBy(claims(scheduled, ada)).filter(({ type }) => type === 'sale.changed')).toMatchObject([
      { state: 'sold-out', round: 1, remaining: 0, held: 1 },
    ]);
  });

  it.each([
    ['no_such_sale', 'the sale is unknown', nothing, OPEN],
    [
      'no_such_sale',
      'inventory has refused it',
      afterwards(preparing, refused(preparing, { saleId, sku: 'TEE', version: 1, available: 0 }, NOON)),
      OPEN,
    ],
    ['not_open', 'its pieces are not allotted yet', preparing, OPEN],
    ['not_open', 'it is too early', scheduled, after(59_999)],
    ['sold_out', 'all are sold', won, OPEN],
    ['closed', 'it is too late, though the sweep has not run', scheduled, CLOSES],
  ])('loses with %s when %s', (reason, _, state, now) => {
    const decision = claims(state, bob, 1, now);
    expect([decided(decision), orders(decision)]).toEqual([
      [{ type: 'claim.decided', saleId, userId: bob, round: 1, status: 'lost', reason }],
      [],
    ]);
    expect(result(afterwards(state, decision), bob)).toEqual({ status: 'lost', reason });
  });

  it('accepted before the close wins a kept piece, until the pieces are returned', () => {
    const closed = afterwards(scheduled, applyClock(scheduled, request, CLOSES));
    const [inTime, late, early] = [after(-1, CLOSES), CLOSES, after(59_999)];
    const then = after(10_000, CLOSES);
    expect(decided(claims(closed, bob, 1, then, inTime))).toMatchObject([{ status: 'won' }]);
    for (const at of [late, early])
      expect(decided(claims(closed, bob, 1, then, at))).toMatchObject([{ status: 'lost', reason: 'closed' }]);
    const first = afterwards(closed, claims(closed, ada, 1, then, inTime));
    expect(first.sales[saleId]).toMatchObject({ state: 'closed', remaining: 0, held: 1, round: 1 });
    expect(decided(claims(first, bob, 1, then, inTime))).toMatchObject([{ status: 'lost', reason: 'sold_out' }]);
    const kept = after(120_000, CLOSES);
    const shelved = afterwards(closed, shelve(closed, { saleId, queueIsEmpty: false }, kept));
    expect(decided(claims(shelved, bob, 1, kept, inTime))).toMatchObject([{ status: 'lost', reason: 'closed' }]);
  });

  it('accepted before the sale opened is too early, though it is decided later', () => {
    expect(decided(claims(scheduled, bob, 1, OPEN, after(59_999)))).toMatchObject([
      { status: 'lost', reason: 'not_open' },
    ]);
  });

  it('is decided once: the same ticket again changes only the length of the queue', () => {
    const again = claims(won, ada);
    expect([again.state?.claims, sentBy(again)]).toEqual([undefined, []]);
    expect(afterwards(won, again).sales[saleId]).toMatchObject({ ...counters(won), drained: 2 });
    const lost = then(won, bob);
    expect(decided(claims(lost, bob, 1, after(62_000)))).toEqual([]);
  });

  it('that was too early may win when the sale is open', () => {
    const early = then(scheduled, bob, 1, after(59_999));
    expect(claims(early, bob, 1, after(59_999)).messages).toEqual([]);
    expect(result(then(early, bob), bob)).toMatchObject({ status: 'won' });
  });

  it('for a sale without a record may win when the sale exists', () => {
    const early = then(nothing, bob);
    expect(result(then({ ...scheduled, claims: early.claims }, bob), bob)).toMatchObject({ status: 'won' });
  });

  it('is waiting until it is decided', () => {
    expect(resultOf(undefined, 1)).toEqual({ status: 'waiting' });
  });

  it('that lost is stored without a win, and each decision raises its version', () => {
    const early = then(scheduled, bob, 1, after(59_999));
    const row = {
      saleId,
      userId: bob,
      round: 1,
      wonRound: null,
      orderId: null,
      win: null,
      endReason: null,
      address: null,
      wonAt: null,
      askedAt: null,
      lost: 'not_open',
      version: 1,
    };
    const key = claimKey({ saleId, userId: bob });
    expect(early.claims[key]).toEqual(row);
    const closed = then(early, bob, 1, CLOSES);
    expect(closed.claims[key]).toEqual({ ...row, lost: 'closed', version: 2 });
    expect(then(closed, bob, 2, CLOSES).claims[key]).toEqual({ ...row, round: 2, lost: 'closed', version: 3 });
  });

  it('of a loser may win in the next round', () => {
    const lost = then(won, bob);
    const next = afterwards(lost, released(lost, order, after(70_000)));
    expect(result(next, bob, 2)).toEqual({ status: 'waiting' });
    const second = then(next, bob, 2, after(71_000));
    expect(result(second, bob, 2)).toMatchObject({ status: 'won' });
    expect(result(second, bob, 1)).toEqual({ status: 'lost', reason: 'sold_out' });
  });

  it('does not win a user a second piece, and does not change the first', () => {
    const again = then(reopened, ada, 2, after(71_000));
    expect(result(again, ada, 2)).toEqual({ status: 'lost', reason: 'already_won' });
    expect(result(again, ada, 1)).toMatchObject({ status: 'expired', orderId });
    expect(counters(again)).toEqual({ remaining: 1, held: 0, sold: 0 });
    expect(decided(claims(again, ada, 1, after(72_000)))).toEqual([]);
  });

  it('that a later one of its user has overtaken is decided as lost, and changes nothing', () => {
    const second = then(reopened, bob, 2, after(71_000));
    const late = claims(second, bob, 1, after(72_000));
    expect([late.state?.claims, decided(late)]).toEqual([
      undefined,
      [{ type: 'claim.decided', saleId, userId: bob, round: 1, status: 'lost', reason: 'sold_out' }],
    ]);
  });
});

describe('a win', () => {
  it('is sold when its order is paid, and stays won', () => {
    const sold = afterwards(won, paid(won, order, after(70_000)));
    expect([counters(sold), result(sold, ada)]).toEqual([
      { remaining: 0, held: 0, sold: 1 },
      { status: 'won', orderId },
    ]);
    expect(paid(sold, order, after(71_000))).toEqual({});
  });

  it.each<OrderReason>(['payment_timeout', 'unknown_product'])(
    'is held until inventory has the piece back, then expires with the reason: %s',
    (reason) => {
      const over = afterwards(won, ended(won, order, reason));
      expect([counters(over), result(over, ada)]).toEqual([
        { remaining: 0, held: 1, sold: 0 },
        { status: 'won', orderId },
      ]);
      const back = released(over, order, after(70_000));
      expect(decided(back)).toEqual([
        { type: 'claim.decided', saleId, userId: ada, round: 1, status: 'expired', orderId, reason },
      ]);
      expect(counters(afterwards(over, back))).toEqual({ remaining: 1, held: 0, sold: 0 });
    },
  );

  it('that was sold comes back when its order is cancelled', () => {
    const sold = afterwards(won, paid(won, order, after(70_000)));
    const back = afterwards(sold, released(sold, order, after(80_000)));
    expect([counters(back), result(back, ada).status]).toEqual([{ remaining: 1, held: 0, sold: 0 }, 'expired']);
  });

  it('raises its version with every change', () => {
    const version = (state: State) => state.claims[claimKey({ saleId, userId: ada })]!.version;
    const sold = afterwards(won, paid(won, order, after(70_000)));
    const over = afterwards(sold, ended(sold, order, 'customer'));
    const back = afterwards(over, released(over, order, after(80_000)));
    expect([won, sold, over, back].map(version)).toEqual([1, 2, 3, 4]);
  });

  it('comes back once, and a payment that arrives after it changes nothing', () => {
    expect([released(reopened, order, after(80_000)), paid(reopened, order, after(80_000))]).toEqual([{}, {}]);
  });

  it('keeps a reason that arrives after the piece is back, and the first of two reasons', () => {
    const late = afterwards(reopened, ended(reopened, order, 'customer'));
    expect(result(late, ada)).toEqual({ status: 'expired', orderId, reason: 'customer' });
    expect(ended(late, order, 'payment_timeout')).toEqual({});
  });

  it.each([
    ['a loser', then(won, bob), { ...order, userId: bob }],
    ['another order of the winner', won, { ...order, orderId: saleId }],
    ['an unknown user', nothing, order],
  ])('is not confused with that of %s', (_, state, about) => {
    for (const fact of [
      () => paid(state, about, OPEN),
      () => ended(state, about, 'customer'),
      () => released(state, about, OPEN),
    ])
      expect(fact).toThrow(PermanentError);
  });
});

describe('a win without a fact about its order', () => {
  const FIVE_MINUTES = 300_000;
  const again = (state: State, now: Date): Decision => placeAgain(state, { saleId, userId: ada }, FIVE_MINUTES, now);
  const late = after(FIVE_MINUTES, OPEN);
  /** As PostgreSQL returns it: with its keys in another order. */
  const fromDatabase = Object.fromEntries(Object.entries(ADDRESS).reverse()) as typeof ADDRESS;

  it('is placed again with the very same order, once for any number of sweeps', () => {
    const key = claimKey({ saleId, userId: ada });
    const stored: State = { ...won, claims: { [key]: { ...(won.claims[key] as Winner), address: fromDatabase } } };
    expect(again(stored, after(FIVE_MINUTES - 1, OPEN))).toEqual({});
    const decision = again(stored, late);
    expect(sentBy(decision)).toEqual(orders(claims(scheduled, ada)));
    expect(again(afterwards(stored, decision), late)).toEqual({});
  });

  it.each([
    ['is paid', afterwards(won, paid(won, order, after(70_000)))],
    ['has ended, though its piece is not back yet', afterwards(won, ended(won, order, 'payment_timeout'))],
    ['has ended, and its piece is back', reopened],
  ])('is not placed again when its order %s, and its address is deleted', (_, state) => {
    expect(again(state, late)).toEqual({});
    expect(state.claims[claimKey({ saleId, userId: ada })]).toMatchObject({ address: null });
  });

  it('is not placed again when it is older than the column of its address', () => {
    const key = claimKey({ saleId, userId: ada });
    expect(
      again(
        { ...won, claims: { [key]: { ...(won.claims[key] as Winner), address: null, wonAt: null, askedAt: null } } },
        late,
      ),
    ).toEqual({});
    expect(placeAgain(then(won, bob), { saleId, userId: bob }, FIVE_MINUTES, late)).toEqual({});
  });
});

describe('subscribers of a sale', () => {
  const many = newSale({ quantity: 1_000 });
  const crowd = Array.from({ length: 300 }, (_, i) => `0193f000-0000-7000-8000-1${String(i).padStart(11, '0')}`);
  const big = afterwards(nothing, create(nothing, many, NOON, BOUNDS));
  const start = afterwards(big, allotted(big, { saleId, sku: 'TEE', version: 1, quantity: 1_000 }, NOON));

  /** A claim every 10 ms: 100 per second, for three seconds. */
  const sent: { at: number; type: string; drained?: unknown; perSecond?: unknown; remaining?: unknown }[] = [];
  const state = crowd.reduce((so, userId, i) => {
    const at = 60_000 + i * 10;
    const decision = claim(so, { saleId, userId, round: 1, address: ADDRESS }, { at: after(at), now: after(at) });
    sent.push(
      ...sentBy(decision).map(({ type, drained, perSecond, remaining }) => ({
        at: at - 60_000,
        type,
        drained,
        perSecond,
        remaining,
      })),
    );
    return afterwards(so, decision);
  }, start);
  const of = (type: string) => sent.filter((message) => message.type === type);

  it('receive two reports per second of a burst, with its speed', () => {
    expect(of('claim.decided')).toHaveLength(300);
    expect(of('sale.changed').map(({ at, remaining }) => [at, remaining])).toEqual(
      [0, 500, 1_000, 1_500, 2_000, 2_500].map((at) => [at, 999 - at / 10]),
    );
    expect(of('sale.progress').map(({ at, drained }) => [at, drained])).toEqual(
      [0, 500, 1_000, 1_500, 2_000, 2_500].map((at) => [at, 1 + at / 10]),
    );
    expect(of('sale.progress').map(({ perSecond }) => perSecond)).toEqual([0, 100, 100, 100, 100, 100]);
  });

  it('receive the rest from the sweep when no further claim comes', () => {
    expect(applyClock(state, many, after(62_999))).toEqual({});
    const rest = applyClock(state, many, after(63_500));
    expect(sentBy(rest)).toMatchObject([
      { type: 'sale.changed', remaining: 700 },
      { type: 'sale.progress', drained: 300, perSecond: expect.closeTo(67.8, 0) },
    ]);
    expect(applyClock(afterwards(state, rest), many, after(64_500))).toEqual({});
  });

  it('receive a speed measured over two seconds, and of no longer time', () => {
    const speed = (ms: number) =>
      sentBy(applyClock(state, many, after(ms))).find(({ type }) => type === 'sale.progress')!['perSecond'];
    expect([speed(64_500), speed(64_501)]).toEqual([expect.closeTo(34.7, 0), 100]);
  });

  it('receive the claim that sold the last piece with the next report', () => {
    const two = newSale({ quantity: 2 });
    const made = afterwards(nothing, create(nothing, two, NOON, BOUNDS));
    const start = afterwards(made, allotted(made, { saleId, sku: 'TEE', version: 1, quantity: 2 }, NOON));
    const last = then(then(start, ada, 1, after(61_000)), bob, 1, after(61_100));
    expect(applyClock(last, two, after(61_499))).toEqual({});
    expect(sentBy(applyClock(last, two, after(61_500)))).toMatchObject([
      { type: 'sale.changed' },
      { type: 'sale.progress', drained: 2 },
    ]);
  });

  it('receive a payment, which is no claim, with the next report', () => {
    const decision = paid(won, order, after(61_100));
    expect(sentBy(decision)).toEqual([]);
    expect(sentBy(applyClock(afterwards(won, decision), request, after(61_500)))).toMatchObject([
      { type: 'sale.changed', sold: 1 },
    ]);
  });

  it('receive no speed of a time without claims', () => {
    const rest = afterwards(state, applyClock(state, many, after(63_500)));
    const later = claim(
      rest,
      { saleId, userId: ada, round: 1, address: ADDRESS },
      { at: after(93_500), now: after(93_500) },
    );
    expect(sentBy(later).filter(({ type }) => type === 'sale.progress')).toMatchObject([
      { drained: 301, perSecond: rest.sales[saleId]!.perSecond },
    ]);
  });
});
