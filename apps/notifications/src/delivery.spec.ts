import { InboxDelivery, type Message } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { record } from './delivery.js';
import type { State } from './tables.js';

const data = { id: '0190a6b0-0000-8000-8000-000000000001', userId: '0190a6b0-0000-7000-8000-000000000002', about: 'orders/1', text: 'It is on its way.' };
const message = { id: 'm', type: InboxDelivery.type, version: 1, correlationId: 'c', time: '2026-01-01T12:00:00.000Z', data } as Message<typeof InboxDelivery>;
const now = new Date('2026-01-01T12:00:05.000Z');
const nothing: State = { recipients: {}, deliveries: {} };
const row = { ...data, createdAt: new Date(message.time), sentAt: now, version: 1 };

describe('a delivery', () => {
  it('is kept when no provider was involved', () => {
    const kept = { ...row, channel: 'inbox', status: 'kept', providerReference: null };
    expect(record(nothing, message, 'inbox', undefined, now)).toEqual({ state: { deliveries: { [data.id]: kept } } });
  });

  it('is sent under the name that the provider gave it', () => {
    const sent = { ...row, channel: 'sms', status: 'sent', providerReference: 'sms-17' };
    expect(record(nothing, message, 'sms', 'sms-17', now)).toEqual({ state: { deliveries: { [data.id]: sent } } });
  });

  it('is recorded once', () => {
    const { deliveries } = record(nothing, message, 'sms', 'sms-17', now).state!;
    expect(record({ ...nothing, deliveries: deliveries as State['deliveries'] }, message, 'sms', 'sms-18', now)).toEqual({});
  });
});
