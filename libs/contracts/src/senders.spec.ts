import { describe, expect, it } from 'vitest';
import { catalogue, OPERATED, ownerOf, sendersOf } from './index.js';

const sent = (type: string): string[] | undefined => (sendersOf(type) ? [...sendersOf(type)!].sort() : undefined);

describe('the allowed senders of a message', () => {
  it('are the owner alone for an event, all services for a shared one, and at least one for every other message', () => {
    for (const contract of catalogue.values()) {
      if (contract.shared) expect(sent(contract.type)).toEqual([...OPERATED].sort());
      else if (contract.kind === 'event') expect(sent(contract.type)).toEqual([ownerOf(contract)]);
      else expect(sent(contract.type), contract.type).not.toEqual([]);
    }
  });

  it.each([
    ['orders.place', ['flash-sale', 'gateway']],
    ['orders.expire-payment', ['orders']],
    ['payments.refund', ['payments']],
    ['logistics.dispatch', ['gateway', 'logistics']],
    ['delivery.sms', ['notifications']],
    ['orders.dead-letters', ['gateway']],
  ])('of %s are %j', (type, senders) => expect(sent(type)).toEqual(senders));

  it('are the owner of the entity for an event newer than the catalogue, and undefined for other types', () => {
    expect(sent('order.archived')).toEqual(['orders']);
    expect([sent('weather.changed'), sent('orders.unknown'), sent('order-statistics.get')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
