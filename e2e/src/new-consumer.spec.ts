import { run, startSystem, type System, eventually, type Program } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, Shop } from './shop.js';

describe('adding a consumer', () => {
  let system: System;
  let listener: Program | undefined;

  beforeAll(async () => {
    system = await startSystem();
  });
  afterAll(async () => {
    await listener?.end('SIGTERM');
    await system?.close();
  });

  it('needs one binding and no change in any app: a new listener hears every fact about orders', async () => {
    const topology = run('topology/dist/main.js', { AMQP_URL: system.broker.url }, ['listen', 'order-log', 'order.*']);
    expect(await topology.exitCode).toBe(0);
    listener = run('examples/order-log/dist/main.js', { AMQP_URL: system.broker.url, LOG_LEVEL: 'info' });

    const shop = new Shop(system.url);
    const customer = await shop.signIn();
    await shop.stock(await shop.signIn(ADMIN), 'TEE', { east: 10 });
    const id = await shop.placeForSure(customer, 'TEE');
    await shop.payForSure(customer, id);
    await shop.reaches(customer, id, 'completed');

    await eventually(() => {
      const output = listener?.output() ?? '';
      for (const type of ['order.placed', 'order.priced', 'order.paid', 'order.shipped', 'order.completed']) expect(output).toContain(`${type} ${id}`);
    });
  });
});
