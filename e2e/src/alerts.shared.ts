import { randomUUID } from 'node:crypto';
import { eventually, type System } from '@sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectInvariants } from './invariants.js';
import { processShop } from './process-shop.js';
import { openStream, type Stream } from './stream.js';
import type { Shop } from './shop.js';

interface Entry {
  text: string;
  about: string;
}

describe('a customer who watches a product that is sold out', () => {
  let system: System;
  let shop: Shop;
  let customer: string;
  let admin: string;

  beforeAll(async () => {
    ({ system, shop, customer, admin } = await processShop.open());
    await shop.stock(admin, 'KITE', { east: 1 });
  });

  const follow = (lastEventId?: string): Promise<Stream<Entry>> =>
    openStream<Entry>(`${shop.url}/me/stream`, customer, lastEventId);
  const alerts = (entries: readonly Entry[]) => entries.filter(({ about }) => about === 'products/KITE');
  const inbox = async () =>
    alerts(
      (await shop.call<{ items: Entry[] }>('GET', '/me/notifications?limit=100', { token: customer })).body.items ?? [],
    );
  const receive = () =>
    shop.call('POST', '/products/KITE/receipts', {
      token: admin,
      body: { warehouse: 'west', quantity: 1, reference: randomUUID() },
    });
  const buyTheLast = async (): Promise<string> => {
    const id = await shop.placeForSure(customer, 'KITE');
    await shop.reaches(customer, id, 'awaiting_payment');
    return id;
  };

  it('finds one alert for each return: a cancelled order, and a receipt while notifications was down', async () => {
    const first = await buyTheLast();
    expect((await shop.call('PUT', '/products/KITE/watch', { token: customer })).status).toBe(204);
    expect((await shop.call('PUT', '/products/NONE/watch', { token: customer })).status).toBe(404);
    const online = await follow();
    expect(online.status).toBe(200);

    await shop.cancel(customer, first);
    await eventually(() => expect(alerts(online.events.map(({ data }) => data))).toHaveLength(1));
    const before = online.events.at(-1)!;
    online.cut();

    await buyTheLast();
    await system.stop('notifications');
    expect((await receive()).status).toBe(201);
    const offline = await follow(before.id);
    await system.start('notifications');
    await eventually(() => expect(alerts(offline.events.map(({ data }) => data))).toHaveLength(1), {
      withinMs: 60_000,
    });
    offline.cut();
    expect(await inbox()).toHaveLength(2);
  });

  it('is told no more after the watch has ended, and in the language that was chosen before', async () => {
    const before = (await inbox()).length;
    expect((await shop.call('PATCH', '/me', { token: customer, body: { language: 'zh' } })).status).toBe(200);
    const order = await buyTheLast();
    await eventually(async () => {
      const { body } = await shop.call<{ items: Entry[] }>('GET', '/me/notifications', { token: customer });
      expect(body.items.find(({ about }) => about === `orders/${order}`)?.text).toContain('已为您预留');
    });
    expect((await shop.call('DELETE', '/products/KITE/watch', { token: customer })).status).toBe(204);
    await shop.cancel(customer, order);
    await shop.call('PATCH', '/me', { token: customer, body: { language: 'en' } });
    await expectInvariants(system);
    expect(await inbox()).toHaveLength(before);
  });
});
