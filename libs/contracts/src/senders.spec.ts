import { describe, expect, it } from 'vitest';
import { catalogue, ownerOf, sendersOf } from './index.js';

const sent = (type: string): string[] | undefined => (sendersOf(type) ? [...sendersOf(type)!].sort() : undefined);

describe('who may send a message', () => {
  it('is of every fact its owner, and of every other message somebody', () => {
    for (const contract of catalogue.values()) {
      if (contract.kind === 'event') expect(sent(contract.type)).toEqual([ownerOf(contract)]);
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
  ])('of %s is %j', (type, senders) => expect(sent(type)).toEqual(senders));

  it('of a fact that is not known yet is the owner of the thing that it is about, and of anything else is unknown', () => {
    expect(sent('order.archived')).toEqual(['orders']);
    expect([sent('weather.changed'), sent('orders.unknown'), sent('order-statistics.get')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
