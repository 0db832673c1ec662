import type { Data, ReturnAllotment, SaleChanged } from '@sluice/contracts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { claim, ended, paid, released, resultOf, type Sold } from './claim.js';
import { allotted, closeEarly, create, applyClock, refused, shelve } from './sale.js';
import { claimKey, type Decision, type Sale, type State } from './tables.js';
import { ADDRESS, after, afterwards, BOUNDS, newSale, nothing } from './testing/given.js';

/** Two sales whose times overlap, and more users than pieces. */
const OFFERS = [
  newSale({ quantity: 1, opensAt: after(2_000).toISOString(), closesAt: after(20_000).toISOString() }),
  newSale({
    quantity: 3,
    opensAt: after(-1_000).toISOString(),
    closesAt: after(12_000).toISOString(),
    saleId: '0193f000-0000-7000-8000-00000000000b',
  }),
];
const USERS = ['1', '2', '3', '4', '5'].map((n) => `0193f000-0000-7000-8000-00000000000${n}`);

/** Chosen by their index, so that a counterexample is readable. */
const offer = fc.nat(OFFERS.length - 1);
const user = fc.nat(USERS.length - 1);
const aboutWin = { offer, user };
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant('claim' as const),
      offer,
      user,
      round: fc.integer({ min: 1, max: 3 }),
      waitedMs: fc.constantFrom(0, 0, 600, 9_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant('wait' as const), ms: fc.constantFrom(1, 250, 600, 3_000, 9_000) }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('sweep' as const), offer }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('shelve' as const), offer, queueIsEmpty: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('allot' as const), offer }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('refuse' as const), offer }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('close' as const), offer }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('pay' as const), ...aboutWin }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('cancel' as const), ...aboutWin }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('release' as const), ...aboutWin }) },
);
type Step = typeof step extends fc.Arbitrary<infer Of> ? Of : never;
type Claiming = Extract<Step, { act: 'claim' }>;

/** The model: rows, time, and all messages ever sent. */
class World {
  state: State = nothing;
  ms = 0;
  readonly sent: { type: string; data: Record<string, unknown> }[] = [];

  constructor() {
    for (const each of OFFERS) this.apply(create(this.state, each, this.now, BOUNDS));
  }

  get now(): Date {
    return after(this.ms);
  }

  take(each: Step): void {
    if (each.act === 'wait') this.ms += each.ms;
    else if (each.act === 'claim') this.claim(each);
    else if (each.act === 'close') this.close(OFFERS[each.offer]!);
    else this.apply(this.decide(each));
  }

  decide(each: Exclude<Step, Claiming | { act: 'wait' | 'close' }>): Decision {
    const { saleId, sku, quantity } = OFFERS[each.offer]!;
    const answer = { saleId, sku, version: 1 };
    switch (each.act) {
      case 'sweep':
        return applyClock(this.state, { saleId }, this.now);
      case 'shelve':
        return shelve(this.state, { saleId, queueIsEmpty: each.queueIsEmpty }, this.now);
      case 'allot':
        return allotted(this.state, { ...answer, quantity }, this.now);
      case 'refuse':
        return refused(this.state, { ...answer, available: 0 }, this.now);
      case 'pay':
      case 'cancel':
      case 'release':
        return this.hear(each.act, this.winOf(saleId, USERS[each.user]!));
    }
  }

  /** A fact about an order that was placed; without an order there is no fact. */
  hear(act: 'pay' | 'cancel' | 'release', win: Sold | undefined): Decision {
    if (!win) return {};
    if (act === 'pay') return paid(this.state, win, this.now);
    return act === 'cancel' ? ended(this.state, win, 'payment_timeout') : released(this.state, win, this.now);
  }

  /** A claim accepted in time, not decided before, that finds a piece wins; no other claim does. */
  claim({ offer, user, round, waitedMs }: Claiming): void {
    const at = after(this.ms - waitedMs);
    const [{ saleId }, userId] = [OFFERS[offer]!, USERS[user]!];
    const before = this.state.claims[claimKey({ saleId, userId })];
    const mayWin =
      !before || (!before.win && (before.round < round || (before.round === round && before.lost === 'not_open')));
    const wins = mayWin && this.hasPieces(this.sale(saleId), at);
    const orders = this.of('orders.place').length;
    this.apply(claim(this.state, { saleId, userId, round, address: ADDRESS }, { at, now: this.now }));
    const result = resultOf(this.state.claims[claimKey({ saleId, userId })], round);
    expect(result.status).not.toBe('waiting');
    expect(this.of('orders.place').length - orders).toBe(wins ? 1 : 0);
    if (wins) expect(result.status).toBe('won');
    const decisions = this.of('claim.decided').filter(
      ({ data }) => data['saleId'] === saleId && data['userId'] === userId && data['round'] === round,
    );
    expect(decisions.length).toBeGreaterThan(0);
    expect(decisions.at(-1)!.data).toMatchObject({ status: result.status });
  }

  /** An admin closes the sale twice: the reply is the same, and nothing is returned twice. */
  close({ saleId }: { saleId: string }): void {
    if (this.sale(saleId).state === 'refused') return;
    const first = closeEarly(this.state, { saleId }, this.now);
    this.apply(first);
    expect(closeEarly(this.state, { saleId }, this.now)).toEqual({ reply: first.reply });
    expect(['closed', 'preparing']).toContain(this.sale(saleId).state);
  }

  hasPieces({ state, remaining, shelveAt, opensAt, closesAt }: Sale, at: Date): boolean {
    return (
      !['preparing', 'refused'].includes(state) &&
      (state !== 'closed' || shelveAt !== null) &&
      remaining > 0 &&
      at >= opensAt &&
      at < closesAt
    );
  }

  apply(decision: Decision<unknown>): void {
    const reportsBefore = this.reportsOfSales().length;
    this.state = afterwards(this.state, decision);
    for (const { contract, data } of decision.messages ?? [])
      this.sent.push({ type: contract.type, data: data as Record<string, unknown> });
    for (const { state, closesAt, closedAt } of this.reportsOfSales().slice(reportsBefore)) {
      const isOver = closedAt !== undefined || this.now >= new Date(closesAt);
      expect(isOver && ['scheduled', 'open', 'sold-out'].includes(state)).toBe(false);
    }
  }

  /** Advances the time beyond all deadlines and ends every order. */
  finish(): void {
    this.ms += 60_000;
    for (const each of OFFERS) this.apply(applyClock(this.state, each, this.now));
    this.ms += 120_000;
    for (const each of OFFERS)
      if (this.sale(each.saleId)) this.apply(shelve(this.state, { ...each, queueIsEmpty: true }, this.now));
    OFFERS.forEach(({ saleId }, i) =>
      USERS.forEach((userId, j) => this.apply(this.hear((i + j) % 2 ? 'pay' : 'release', this.winOf(saleId, userId)))),
    );
  }

  sale = (saleId: string): Sale => this.state.sales[saleId]!;
  reportsOfSales = () => this.of('sale.changed').map(({ data }) => data as Data<typeof SaleChanged>);
  of = (type: string) => this.sent.filter((message) => message.type === type);

  winOf(saleId: string, userId: string): Sold | undefined {
    const orderId = this.state.claims[claimKey({ saleId, userId })]?.orderId;
    return orderId ? { saleId, userId, orderId } : undefined;
  }
}

function holds(world: World): void {
  for (const { saleId, quantity } of OFFERS) {
    const sale = world.sale(saleId);
    const { remaining, held, sold, returned, state, round, shelveAt } = sale;
    const wins = Object.values(world.state.claims).filter((each) => each?.saleId === saleId);
    const now = (win: string) => wins.filter((each) => each?.win === win).length;
    expect(sale.quantity).toBe(quantity);
    expect(remaining + held + sold).toBe(quantity);
    expect(Math.min(remaining, held, sold, returned)).toBeGreaterThanOrEqual(0);
    expect([held, sold]).toEqual([now('held'), now('paid')]);
    const returns = world
      .of('inventory.return-allotment')
      .map(({ data }) => data as Data<typeof ReturnAllotment>)
      .filter((each) => each.saleId === saleId);
    expect(returns.reduce((sum, each) => sum + each.quantity, 0)).toBe(returned);
    expect(returned).toBe(state === 'closed' && shelveAt === null ? remaining : 0);
    if (shelveAt !== null) expect(state).toBe('closed');
    if (state === 'open' || state === 'sold-out') expect(state === 'open').toBe(remaining > 0);
    const last = world.reportsOfSales().findLast(({ id }) => id === saleId)!;
    expect({ state: last.state, round: last.round }).toEqual({ state, round });
  }
  const orders = world.of('orders.place').map(({ data }) => data['orderId']);
  expect(new Set(orders).size).toBe(orders.length);
  expect(orders.length).toBe(Object.values(world.state.claims).filter((each) => each?.orderId).length);
}

/** Asserts that every piece has exactly one end. */
function rests(world: World): void {
  world.finish();
  holds(world);
  for (const { saleId, quantity } of OFFERS) {
    const { state, remaining, held, sold, returned } = world.sale(saleId);
    if (state === 'preparing' || state === 'refused')
      expect([
        remaining,
        world.of('orders.place').filter(({ data }) => (data['flashSale'] as { id: string }).id === saleId),
      ]).toEqual([quantity, []]);
    else expect([state, held, remaining + sold, returned]).toEqual(['closed', 0, quantity, remaining]);
  }
}

it('never sells too much or too little, wins nobody two, answers every claim and returns each unsold piece once, whatever comes in whatever order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const world = new World();
      for (const each of steps) {
        world.take(each);
        holds(world);
      }
      rests(world);
    }),
    { numRuns: 300 },
  );
});
