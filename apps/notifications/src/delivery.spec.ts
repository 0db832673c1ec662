import { InboxDelivery, type Message } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { isExpired, record } from './delivery.js';
import type { Outcome } from './provider.js';
import type { State } from './tables.js';

const data = {
  id: '0190a6b0-0000-8000-8000-000000000001',
  userId: '0190a6b0-0000-7000-8000-000000000002',
  about: 'orders/1',
  text: 'It is on its way.',
};
const message = {
  id: 'm',
  type: InboxDelivery.type,
  version: 1,
  correlationId: 'c',
  time: '2026-01-01T12:00:00.000Z',
  data,
} as Message<typeof InboxDelivery>;
const now = new Date('2026-01-01T12:00:05.000Z');
const nothing: State = { numbers: {}, recipients: {}, deliveries: {}, texts: {}, watches: {} };
const row = { ...data, createdAt: new Date(message.time), sentAt: now, reason: null, version: 1 };
const sentAs = (providerReference: string) => ({ status: 'sent' as const, providerReference });
const afterwards = (outcome: Outcome): State => ({
  ...nothing,
  deliveries: record(nothing, message, 'sms', outcome, now).state!.deliveries as State['deliveries'],
});

it('a delivery expires at the time that it names, and not before', () => {
  const until = '2026-01-01T12:00:05.000Z';
  expect([-1, 0, 1].map((ms) => isExpired(until, new Date(now.getTime() + ms)))).toEqual([false, true, true]);
});

describe('a delivery', () => {
  it('is kept when no provider was involved', () => {
    const kept = { ...row, channel: 'inbox', status: 'kept', providerReference: null };
    expect(record(nothing, message, 'inbox', { status: 'kept' }, now)).toEqual({
      state: { deliveries: { [data.id]: kept } },
    });
  });

  it('is stored without the secret that it was sent with', () => {
    const code = { ...message, data: { ...data, text: 'Your code is 123456.', recorded: 'A code.' } } as typeof message;
    expect(record(nothing, code, 'sms', sentAs('sms-17'), now).state?.deliveries).toEqual({
      [data.id]: expect.objectContaining({ text: 'A code.', status: 'sent' }),
    });
  });

  it('is stored as sent, with the reference of the provider', () => {
    const sent = { ...row, channel: 'sms', status: 'sent', providerReference: 'sms-17' };
    expect(record(nothing, message, 'sms', sentAs('sms-17'), now)).toEqual({
      state: { deliveries: { [data.id]: sent } },
    });
  });

  it('is refused for the reason that the provider gives, and has no time of sending', () => {
    const refused = {
      ...row,
      channel: 'sms',
      status: 'refused',
      providerReference: null,
      reason: '404: no such number',
      sentAt: null,
    };
    expect(record(nothing, message, 'sms', { status: 'refused', reason: '404: no such number' }, now)).toEqual({
      state: { deliveries: { [data.id]: refused } },
    });
  });

  it.each<Outcome>([sentAs('sms-17'), { status: 'kept' }, { status: 'refused', reason: '422' }])(
    'is recorded once, whatever comes after %j',
    (outcome) => {
      expect(record(afterwards(outcome), message, 'sms', sentAs('sms-18'), now)).toEqual({});
    },
  );

  it('that has expired is recorded as sent when its message still arrives', () => {
    const expired = {
      ...row,
      channel: 'sms' as const,
      status: 'expired' as const,
      providerReference: null,
      sentAt: null,
      reason: 'late',
    };
    const sent = { ...row, channel: 'sms', status: 'sent', providerReference: 'sms-17', version: 2 };
    expect(
      record(
        { ...nothing, deliveries: { [data.id]: expired } },
        { ...message, time: '2026-01-03T12:00:00.000Z' },
        'sms',
        sentAs('sms-17'),
        now,
      ),
    ).toEqual({ state: { deliveries: { [data.id]: sent } } });
  });
});
