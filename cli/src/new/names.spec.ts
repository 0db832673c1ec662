import { describe, expect, it } from 'vitest';
import { factName, nameOf, plural, serviceNames, singular } from './names.js';

describe('a name', () => {
  it('has the spelling of files, variables, classes and tables', () => {
    expect(nameOf('gift-cards')).toEqual({
      kebab: 'gift-cards',
      camel: 'giftCards',
      pascal: 'GiftCards',
      snake: 'gift_cards',
    });
  });

  it.each(['', 'Loyalty', '2fast', 'fast2', 'a_b', 'a--b', '-a', 'a-', 'a.b', '../etc', 'a b', 'a'.repeat(31)])(
    'is not %j',
    (text) => expect(() => nameOf(text)).toThrow('cannot be a name'),
  );
});

describe('the names of a service', () => {
  it('take the singular of the service for one row', () => {
    const { service, noun, nouns } = serviceNames('reviews');
    expect([service.pascal, noun.kebab, nouns.snake]).toEqual(['Reviews', 'review', 'reviews']);
  });

  it('take the noun that was chosen', () => {
    const { noun, nouns } = serviceNames('loyalty', 'gift-card');
    expect([noun.pascal, nouns.snake]).toEqual(['GiftCard', 'gift_cards']);
  });

  it('are none of the words that belong to the shop', () => {
    expect(() => serviceNames('shop')).toThrow('reserved');
    expect(() => serviceNames('messages')).toThrow('"message" is a name in every service');
    expect(serviceNames('messages', 'note').noun.pascal).toBe('Note');
  });

  it.each([
    ['loyalty', 'loyalties', 'loyalty'],
    ['review', 'reviews', 'review'],
    ['address', 'addresses', 'addresses'],
    ['box', 'boxes', 'boxe'],
    ['day', 'days', 'day'],
    ['bonus', 'bonuses', 'bonuse'],
  ])('%s: more than one are %s, and that as the name of a service gives %s', (word, more, one) => {
    expect(plural(word)).toBe(more);
    if (one !== more) expect(singular(more)).toBe(one);
    expect(singular(word)).toBe(word);
  });
});

describe('the name of a fact', () => {
  it('has an entity and a constant', () => {
    expect(factName('order.paid_too_late')).toMatchObject({
      entity: 'order',
      pascal: 'OrderPaidTooLate',
      camel: 'orderPaidTooLate',
      kebab: 'order-paid-too-late',
    });
  });

  it.each(['order', 'order.', '.placed', 'Order.placed', 'order.placed.twice', 'order.Placed', 'order.*'])(
    'is not %j',
    (type) => expect(() => factName(type)).toThrow('cannot be a fact'),
  );
});
