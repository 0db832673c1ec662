import { expect, it } from 'vitest';
import type { ProviderRecord, ProviderRecords } from '../long/providers.js';
import { judgeRestore, type Restored } from './judge-restore.js';

const ORDER = 'a1b2c3d4-0000-8000-8000-000000000001';
const record = (key: string, body: object = {}, others: string[] = []): ProviderRecord => ({
  ...{ key, body: JSON.stringify(body), requests: 1, others, id: `ref_${key}` },
});
const captured = (key: string, status = 'captured') => ({ id: key, orderId: ORDER, status, reference: `ref_${key}` });
const SOUND: Restored = {
  orders: [{ id: ORDER, userId: 'u', status: 'completed', reason: null, saleId: null }],
  money: [{ orderId: ORDER, taken: 1, kept: 1 }],
  captures: [captured(`${ORDER}:1`)],
};
const CHARGED = { captures: [record(`${ORDER}:1`)] };

const judged = (records: Partial<ProviderRecords>, restored: Partial<Restored> = {}) =>
  judgeRestore({ captures: [], refunds: [], shipments: [], messages: [], ...records }, { ...SOUND, ...restored }).map(
    ({ kind, what }) => `${kind}: ${what}`,
  );

it('finds nothing when every charge is a payment or went back', () => {
  const stray = record('another:1');
  const refunds = [record('r', { capture: stray.id })];
  expect(judged({ captures: [...CHARGED.captures, stray], refunds })).toEqual([]);
});

it.each<[when: string, Partial<ProviderRecords>, Partial<Restored>, what: RegExp]>([
  [
    'an order has not ended',
    CHARGED,
    { orders: [{ ...SOUND.orders[0]!, status: 'paid' }] },
    /^lost: order .* is paid$/,
  ],
  ['an order is paid twice', CHARGED, { money: [{ orderId: ORDER, taken: 2, kept: 1 }] }, /^doubled: .* paid 2 times$/],
  [
    'a charge is the payment of no order',
    { captures: [...CHARGED.captures, record('x:1')] },
    {},
    /^lost: .* under x:1/,
  ],
  ['a payment was never charged', {}, {}, /^lost: capture .* has not got the money$/],
  [
    'a card was charged twice',
    { captures: [...CHARGED.captures, record(`${ORDER}:2`)] },
    { captures: [...SOUND.captures, captured(`${ORDER}:2`)] },
    /^doubled: .* charged twice$/,
  ],
  ['a text went out under two keys', { ...CHARGED, messages: [record('m'), record('n')] }, {}, /^doubled: a person/],
  ['a parcel was booked anew', { ...CHARGED, shipments: [record('p', {}, ['{"x":1}'])] }, {}, /^doubled: parcel p/],
])('finds it when %s', (_, records, restored, what) => {
  expect(judged(records, restored)).toEqual([expect.stringMatching(what)]);
});
