import { describe, expect, it } from 'vitest';
import type { OrderMoney, OrderState, ShopState } from './database-state.js';
import { judge, tooLate } from './judge.js';
import type { ClaimEntry, Intent, OrderEntry } from './ledger.js';

const entry = (intent: Intent, end: string | undefined, more: Partial<OrderEntry> = {}): OrderEntry => ({
  key: 'k',
  userId: 'u',
  intent,
  answers: [201],
  ids: new Set(['1']),
  id: '1',
  acceptedAt: 10,
  endedAt: 20,
  ...(end !== undefined && { end }),
  ...more,
});
const stored = (status: string, reason: string | null = null, more: Partial<OrderState> = {}): OrderState => ({
  id: '1',
  userId: 'u',
  status,
  reason,
  saleId: null,
  ...more,
});
const money = (taken: number, kept: number, orderId = '1'): OrderMoney => ({ orderId, taken, kept });

const found = (
  { orders = [], claims = [] }: { orders?: OrderEntry[]; claims?: ClaimEntry[] },
  there: Partial<ShopState>,
) => judge({ orders, claims }, { orders: [], money: [], ...there }).map(({ kind, what }) => `${kind}: ${what}`);

describe('an order is in order', () => {
  it.each<[when: string, order: OrderEntry, row: OrderState, paid: OrderMoney | undefined]>([
    ['paid and completed', entry('pay', 'completed'), stored('completed'), money(1, 1)],
    ['left and cancelled', entry('leave', 'cancelled'), stored('cancelled', 'payment_timeout'), undefined],
    ['cancelled before it was paid', entry('cancel', 'cancelled'), stored('cancelled', 'customer'), undefined],
    [
      'paid, cancelled and refunded',
      entry('pay-and-cancel', 'cancelled', { cancelAnswer: 202 }),
      stored('cancelled', 'customer'),
      money(1, 0),
    ],
    [
      'paid and too late to be cancelled',
      entry('pay-and-cancel', 'completed', { cancelAnswer: 202 }),
      stored('completed'),
      money(1, 1),
    ],
    [
      'paid after its window and refunded',
      entry('pay', 'cancelled', { paidAt: 15 }),
      stored('cancelled', 'payment_timeout'),
      money(1, 0),
    ],
  ])('when it is %s', (_, order, row, paid) => {
    expect(found({ orders: [order] }, { orders: [row], money: paid ? [paid] : [] })).toEqual([]);
  });
});

describe('it is found lost', () => {
  it.each<[when: string, order: OrderEntry, row: OrderState | undefined, paid: OrderMoney | undefined, says: RegExp]>([
    [
      'when it was accepted and is not there',
      entry('pay', undefined),
      undefined,
      undefined,
      /lost: order 1 .*not there/,
    ],
    [
      'when it was never followed to its end',
      entry('pay', undefined, { trouble: 'the time is up' }),
      stored('pending'),
      undefined,
      /lost: order 1 .*the time is up; it is pending/,
    ],
    [
      'when it was paid and ended otherwise',
      entry('pay', 'cancelled'),
      stored('cancelled', 'customer'),
      undefined,
      /ended cancelled \(customer\)/,
    ],
    [
      'when nobody paid and it was completed',
      entry('leave', 'completed'),
      stored('completed'),
      money(1, 1),
      /ended completed/,
    ],
    [
      'when it was rejected although there is plenty',
      entry('pay', 'rejected'),
      stored('rejected', 'out_of_stock'),
      undefined,
      /ended rejected \(out_of_stock\)/,
    ],
    [
      'when its customer was told something else',
      entry('pay-and-cancel', 'cancelled'),
      stored('completed'),
      money(1, 1),
      /was told cancelled, and it is completed/,
    ],
    [
      'when it was seen paid and was cancelled as unpaid',
      entry('pay', 'cancelled', { seenPaid: true }),
      stored('cancelled', 'payment_timeout'),
      money(1, 0),
      /saw it paid/,
    ],
    [
      'when it was cancelled and its money was kept',
      entry('cancel', 'cancelled'),
      stored('cancelled', 'customer'),
      money(1, 1),
      /its money was kept/,
    ],
    [
      'when its cancellation was answered with 200 and it is not cancelled',
      entry('pay-and-cancel', 'completed', { cancelAnswer: 200 }),
      stored('completed'),
      money(1, 1),
      /cancellation was answered with 200, and it is completed/,
    ],
    [
      'when it was too late to cancel and it is cancelled',
      entry('pay-and-cancel', 'cancelled', { cancelAnswer: 409 }),
      stored('cancelled', 'customer'),
      money(1, 0),
      /answered with 409, and it is cancelled/,
    ],
    [
      'when it was completed without money',
      entry('pay', 'completed'),
      stored('completed'),
      undefined,
      /completed without money/,
    ],
  ])('%s', (_, order, row, paid, says) => {
    expect(found({ orders: [order] }, { orders: row ? [row] : [], money: paid ? [paid] : [] })).toEqual([
      expect.stringMatching(says),
    ]);
  });
});

it('is found lost when its cancellation was accepted with 202 and was neither carried out nor too late', () => {
  const order = entry('pay-and-cancel', 'shipped', { cancelAnswer: 202 });
  expect(found({ orders: [order] }, { orders: [stored('shipped')], money: [money(1, 1)] })).toContainEqual(
    expect.stringMatching(/answered with 202, and it is shipped/),
  );
});

describe('it is found doubled', () => {
  it('when one key was told two orders', () => {
    const order = entry('pay', 'completed', { ids: new Set(['1', '2']) });
    expect(found({ orders: [order] }, { orders: [stored('completed')], money: [money(1, 1)] })).toEqual([
      expect.stringMatching(/doubled: .*one key made 1 and 2/),
    ]);
  });

  it('when its money was taken twice, even if one was given back', () => {
    expect(
      found({ orders: [entry('pay', 'completed')] }, { orders: [stored('completed')], money: [money(2, 1)] }),
    ).toEqual([expect.stringMatching(/doubled: .*taken 2 times/)]);
  });

  it('when there is an order that nobody was told of, unless its customer was told nothing at all', () => {
    const more = { orders: [stored('completed'), stored('pending', null, { id: '2' })], money: [money(1, 1)] };
    expect(found({ orders: [entry('pay', 'completed')] }, more)).toEqual(['doubled: order 2: nobody was told of it']);
    const untold = entry('pay', undefined, {
      id: undefined,
      ids: new Set(),
      acceptedAt: undefined,
      trouble: 'the time is up',
    });
    expect(found({ orders: [untold] }, { orders: [stored('cancelled', 'payment_timeout')] })).toEqual([
      expect.stringMatching(/^lost: .*the time is up/),
    ]);
  });
});

describe('a claim', () => {
  const claim = (end: ClaimEntry['end'], more: Partial<ClaimEntry> = {}): ClaimEntry => ({
    ...{ userId: 'u', pays: true, acceptedAt: 10, endedAt: 20, end },
    ...more,
  });
  const won = claim('won', { orderId: '1', paidAt: 15 });
  const sold = stored('completed', null, { saleId: 's' });

  it.each<[that: string, entryOf: ClaimEntry, orders: OrderState[], paid: OrderMoney[]]>([
    ['that was won and paid', won, [sold], [money(1, 1)]],
    ['that lost', claim('lost'), [], []],
    [
      'that was won and not paid',
      claim('expired', { orderId: '1' }),
      [stored('cancelled', 'payment_timeout', { saleId: 's' })],
      [],
    ],
    ['that was turned away at the door', { userId: 'u', pays: true, endedAt: 20 }, [], []],
  ])('%s is in order', (_, entryOf, orders, paid) => {
    expect(found({ claims: [entryOf] }, { orders, money: paid })).toEqual([]);
  });

  it('is lost when it has no end, or its order is not sold, or was sold for nothing, or was taken away after it was paid', () => {
    expect(found({ claims: [claim(undefined, { trouble: 'the time is up' })] }, {})).toEqual([
      'lost: claim of u: the time is up',
    ]);
    expect(found({ claims: [won] }, {})).toEqual([expect.stringMatching(/its order is not there/)]);
    expect(
      found(
        { claims: [claim('expired', { orderId: '1', seenPaid: true })] },
        { orders: [{ ...sold, status: 'cancelled', reason: 'payment_timeout' }] },
      ),
    ).toEqual([expect.stringMatching(/saw it paid, and it ended expired/)]);
    expect(found({ claims: [won] }, { orders: [sold] })).toEqual([expect.stringMatching(/completed without money/)]);
  });

  it('is doubled when its user was sold two pieces', () => {
    const twice = [sold, { ...sold, id: '2' }];
    expect(found({ claims: [won] }, { orders: twice, money: [money(1, 1), money(1, 1, '2')] })).toEqual([
      'doubled: u was sold two pieces of the sale',
    ]);
  });
});

describe('a finding', () => {
  it('says from when to when its client waited', () => {
    const [lost] = judge({ orders: [entry('pay', 'completed')], claims: [] }, { orders: [], money: [] });
    expect(lost).toMatchObject({ from: 10, to: 20 });
  });

  it('is not made of a payment that came too late, which is counted', () => {
    const there = { orders: [stored('cancelled', 'payment_timeout')], money: [money(1, 0)] };
    expect(tooLate({ orders: [entry('pay', 'cancelled')] }, there)).toBe(1);
    expect(tooLate({ orders: [entry('leave', 'cancelled')] }, there)).toBe(0);
  });
});
