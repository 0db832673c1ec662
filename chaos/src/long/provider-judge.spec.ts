import { describe, expect, it } from 'vitest';
import type { ProviderState } from '../database-state.js';
import { judgeProviders } from './provider-judge.js';
import type { ProviderRecord, ProviderRecords } from './providers.js';

const request = (key: string, body = {}, more: Partial<ProviderRecord> = {}): ProviderRecord => ({
  key,
  body: JSON.stringify(body),
  requests: 1,
  others: [],
  id: `ref_${key}`,
  ...more,
});
const row = (id: string, status: string, more: Partial<ProviderState['captures'][number]> = {}) => ({
  id,
  orderId: `order of ${id}`,
  status,
  reference: ['captured', 'refunded'].includes(status) ? `ref_${id}` : null,
  ...more,
});
const judged = (records: Partial<ProviderRecords>, state: Partial<ProviderState> = {}) =>
  judgeProviders(
    { captures: [], refunds: [], shipments: [], messages: [], ...records },
    { captures: [], texts: [], ...state },
  ).map(({ kind, what }) => `${kind}: ${what}`);

describe('providers and shop agree', () => {
  it('when each capture, refund and text is there once, however often it was asked for', () => {
    const records = {
      captures: [request('a', {}, { requests: 23 }), request('b')],
      refunds: [request('b:refund', { capture: 'ref_b' })],
      messages: [request('m')],
    };
    expect(
      judged(records, {
        captures: [row('a', 'captured'), row('b', 'refunded'), row('c', 'declined')],
        texts: [{ id: 'm', status: 'sent' }],
      }),
    ).toEqual([]);
  });
});

describe('providers and shop do not agree', () => {
  it.each<[when: string, records: Partial<ProviderRecords>, state: Partial<ProviderState>, what: string]>([
    [
      'a card was charged and payments does not know it',
      { captures: [request('a')] },
      { captures: [row('a', 'pending')] },
      'lost: card charged for capture a, which payments has as pending',
    ],
    [
      'payments has captured what no card was charged for',
      {},
      { captures: [row('a', 'captured')] },
      'lost: capture a is captured, and no card was charged',
    ],
    [
      'a key came with different bodies',
      { shipments: [request('p', {}, { others: ['{}'] })] },
      {},
      'doubled: shipments: key p came with different bodies',
    ],
    [
      'a refund never reached the card',
      { captures: [request('a')] },
      { captures: [row('a', 'refunded')] },
      'lost: capture a is refunded, and nothing was given back',
    ],
    [
      'money was given back and payments keeps it',
      { captures: [request('a')], refunds: [request('r', { capture: 'ref_a' })] },
      { captures: [row('a', 'captured')] },
      'lost: ref_a was given back, and payments has it as captured',
    ],
    [
      'a text never reached the provider',
      {},
      { texts: [{ id: 'm', status: 'sent' }] },
      'lost: text m is kept as sent, and the provider has not got it',
    ],
    [
      'a text went out under two keys',
      { messages: [request('m', { to: '1', text: 'x' }), request('n', { to: '1', text: 'x' })] },
      {},
      'doubled: a person was sent this twice: {"to":"1","text":"x"}',
    ],
  ])('when %s', (_, records, state, what) => {
    expect(judged(records, state)).toEqual([what]);
  });

  it('when the card of one order was charged twice, even if one was given back', () => {
    const records = { captures: [request('a'), request('b')], refunds: [request('r', { capture: 'ref_a' })] };
    expect(
      judged(records, { captures: [row('a', 'refunded', { orderId: 'o' }), row('b', 'captured', { orderId: 'o' })] }),
    ).toEqual(['doubled: order o: its card was charged 2 times']);
  });

  it('when one capture was given back twice', () => {
    const records = {
      captures: [request('a')],
      refunds: [request('r', { capture: 'ref_a' }), request('s', { capture: 'ref_a' })],
    };
    expect(judged(records, { captures: [row('a', 'refunded')] })).toEqual(['doubled: ref_a was given back 2 times']);
  });
});
