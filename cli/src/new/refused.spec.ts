import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { inRoot, root } from '@sluice/stack/workspace';
import { draftConsumer } from './consumer.js';
import { Draft } from './draft.js';
import { draftEvent } from './event.js';
import { draftService } from './service.js';

const service = (name: string, noun?: string) => () =>
  draftService(new Draft(root), { service: name, noun }, new Date());
const event = (type: string, owner?: string) => () => draftEvent(new Draft(root), { type, service: owner });
const consumer = (name: string, type: string, repository?: string) => () =>
  draftConsumer(new Draft(root), { service: name, type, repository });

it.each([
  ['a service that is there', service('orders'), 'there is a service orders already'],
  ['the name of a library', service('messaging'), 'the package @sluice/messaging is taken'],
  ['the name of a container', service('prometheus'), 'the container prometheus is taken'],
  ['a name that is none', service('Gift_Cards'), '"Gift_Cards" cannot be a name'],
  ['a noun that every service has', service('letters', 'inbox'), '"inbox" is a name in every service'],
  ['a fact that is there', event('order.placed'), 'order.placed is a message already'],
  ['a fact about the entity of another service', event('order.framed', 'payments'), 'belongs to orders'],
  ['a fact without an owner', event('weather.changed'), 'no service publishes weather.*'],
  ['a fact of no service', event('weather.changed', 'weather'), 'there is no service weather'],
  ['a consumer of no fact', consumer('orders', 'order.framed'), 'there is no fact order.framed'],
  ['a consumer of a command', consumer('payments', 'orders.place'), 'there is no fact orders.place'],
  ['a consumer of no service', consumer('weather', 'order.placed'), 'there is no service weather'],
  ['a second consumer', consumer('promotions', 'order.placed'), 'promotions consumes OrderPlaced already'],
  ['a consumer with two repositories', consumer('promotions', 'order.paid'), 'has several repositories'],
  ['a repository that is none', consumer('promotions', 'order.paid', 'Points'), 'has no Points'],
  ['a consumer without a row', consumer('flash-sale', 'order.completed'), 'no table has a key that'],
])('refuses %s', (_, draft, reason) => expect(draft).toThrow(reason));

it('writes nothing while it drafts', () => {
  service('weather')();
  expect(existsSync(inRoot('apps/weather'))).toBe(false);
});

it('finds in every draft the places that it changes', () => {
  expect(service('weather', 'forecast')().nouns.snake).toBe('forecasts');
  expect(event('order.framed')()).toMatchObject({ service: 'orders', key: 'orderId' });
  expect(event('weather.changed', 'logistics')()).toMatchObject({ service: 'logistics', key: 'userId' });
  expect(consumer('promotions', 'order.paid', 'PointsRepository')().rule).toBe('apps/promotions/src/order-paid.ts');
});
