import type { Message, PlaceOrder } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { onOrder, onRow, orderKeys, ownMessage, type AboutOrder } from './order-decision.js';
import { place } from './placing.js';
import { disclosedTo } from './refusal.js';
import type { Order, Row, OrderState } from './tables.js';
import { ATTENDED, later, NOW, ORDER, placedOrder, PRICES, request, types, USER } from './testing/given.js';
import { accountVerified, placedWithin, placingKeys } from './unpaid-limit.js';

const nothing: OrderState = { customers: {}, unpaid: {}, orders: {}, prices: PRICES };
const having = (row: Row | undefined): OrderState => ({ ...nothing, orders: { [ORDER]: row } });
const message = ownMessage('test', ORDER);
const withCaller: AboutOrder = { ...message, reply: { to: 'caller', id: '1' } };
const placing = (change: Partial<ReturnType<typeof request>> = {}) =>
  ({ ...withCaller, data: request(change) }) as Message<typeof PlaceOrder>;
const problem = { type: 'about:blank', status: 409, title: 'No' };

describe('a rule about an order', () => {
  it('gets the order, and its change becomes the decision about its row', () => {
    const order = placedOrder();
    const changed: Order = { ...order, total: 1 };
    const decide = onOrder(message, (stored, now) => {
      expect([stored, now]).toEqual([order, NOW]);
      return { order: changed, history: [], messages: [] };
    });
    expect(decide(having(order), NOW)).toEqual({
      state: { orders: { [ORDER]: changed } },
      append: { history: [] },
      messages: [],
    });
    expect(orderKeys(message.data)).toEqual({ orders: [ORDER] });
  });

  it('is not applied without the order: the message is retried', () => {
    const early = { id: ORDER, userId: USER, status: 'cancelled', reason: 'customer', placedAt: null } as Row;
    for (const row of [undefined, early])
      expect(() => onOrder(message, () => ({}))(having(row), NOW)).toThrow(`no record of order ${ORDER}`);
  });

  it('refuses a caller, and nobody when there is none', () => {
    const refuse = (about: AboutOrder) => onRow(about, () => ({ problem }))(nothing, NOW);
    expect([refuse(withCaller), refuse(message)]).toEqual([{ problem }, {}]);
  });
});

describe('a refused request', () => {
  const refused = place(undefined, request({ lines: [{ sku: 'NOPE', quantity: 1 }] }), PRICES, ATTENDED, NOW).order;
  const disclosedFor = (userId: string, anyUser: boolean, row = refused) => disclosedTo({ userId, anyUser }, row);

  it('becomes a rejected order for its user and for an operator, and for no other user', () => {
    expect(disclosedFor(USER, false).order).toMatchObject({ status: 'rejected', placedAt: NOW });
    expect(disclosedFor('other', true)).toEqual(disclosedFor(USER, false));
    expect(disclosedFor('other', false)).toEqual({});
  });

  it('is the only one that does: an order stays as it is', () => {
    expect(disclosedFor(USER, true, placedOrder())).toEqual({});
  });
});

describe('an order that is placed under the limits of its customer', () => {
  const LIMITS = { UNPAID_ORDERS: 2, UNPAID_PIECES: 0, UNPAID_ORDERS_UNVERIFIED: 1, UNPAID_PIECES_UNVERIFIED: 0 };
  const UNLIMITED = { ...LIMITS, UNPAID_ORDERS: 0, UNPAID_ORDERS_UNVERIFIED: 0 };
  const SALE = { flashSale: { id: ORDER, unitPrice: { amount: 1, currency: 'EUR' } } };
  const customer = { userId: USER, verifiedAt: null, placed: null, placedAt: null, version: 1 };
  const unpaid = { userId: USER, orders: { other: 1 } };
  const FACT = { userId: USER, phone: '+15550001', version: 2 };
  const decide = (state: OrderState, change: Parameters<typeof placing>[0] = {}, limits = LIMITS) =>
    placedWithin(placing(change), limits, (row, prices, now, bound) =>
      place(row, request(change), prices, ATTENDED, now, bound),
    )(state, NOW);

  it('becomes one of its unpaid orders', () => {
    const { state, messages } = decide({ ...nothing, customers: { [USER]: customer } });
    expect(state?.customers).toEqual({
      [USER]: { ...customer, placed: { [ORDER]: 3 }, placedAt: NOW, version: 2 },
    });
    expect(types(messages)).toEqual(['order.placed']);
    expect(placingKeys(request(), LIMITS)).toEqual({
      orders: [ORDER],
      prices: ['TEE', 'MUG'],
      customers: [USER],
      unpaid: [USER],
    });
  });

  it('is refused beyond the limit, which is higher for a verified phone, and is then not counted', () => {
    const state = { ...nothing, customers: { [USER]: customer }, unpaid: { [USER]: unpaid } };
    const beyond = decide(state);
    expect(beyond).toMatchObject({ problem: { status: 429, limit: 'unpaid_orders' } });
    expect(beyond.state).not.toHaveProperty('customers');
    const { state: { customers } = {} } = accountVerified({ customers: state.customers }, FACT, NOW);
    expect(decide({ ...state, customers: { ...customers } }).problem).toBeUndefined();
    expect(decide(state, { verified: true }).problem).toBeUndefined();
  });

  it.each([
    ['won in a flash sale', SALE, LIMITS],
    ['of a shop without limits', {}, UNLIMITED],
  ])('is not counted when it is %s', (_, change, limits) => {
    const { state, messages } = decide({ ...nothing, unpaid: { [USER]: unpaid } }, change, limits);
    expect(Object.keys(state ?? {})).toEqual(['orders']);
    expect(types(messages)).toEqual(['order.placed']);
    expect(Object.keys(placingKeys(request(change), limits))).toEqual(['orders', 'prices']);
  });

  it('is counted once when it is placed again', () => {
    const again = decide({ ...having(placedOrder()), customers: { [USER]: customer } });
    expect([again.state, again.reply?.id]).toEqual([undefined, ORDER]);
  });

  it('is counted with those of the same transaction, whose `now` it shares', () => {
    const counted = { ...customer, placed: { other: 1 }, placedAt: NOW };
    expect(decide({ ...nothing, customers: { [USER]: counted } }).problem).toMatchObject({ status: 429 });
    const earlier = { ...counted, placedAt: later(-1) };
    expect(decide({ ...nothing, customers: { [USER]: earlier } }).problem).toBeUndefined();
  });
});
