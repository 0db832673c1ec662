import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { event } from '@sluice/contracts';
import { freePort, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MessageServer } from './server.js';
import { Ask, Do, Happened, handles, SERVICES, startService, stopServices, TIERS_MS } from './testing/probe.js';

let broker: TestBroker;
beforeAll(async () => (broker = await testBroker({ tiersMs: TIERS_MS, services: SERVICES })));
afterEach(stopServices);
afterAll(() => broker.close());

const nothing = async () => undefined;
const answer = async () => ({ n: 1 });

describe('a service refuses to boot', () => {
  it('when a request that is named after it has no handler', async () => {
    const booting = startService(broker, [handles(Do, answer)], { expected: [Do, Ask] });
    await expect(booting).rejects.toThrow(
      'probe is wired wrongly: probe.ask has no handler: add a method with @On for it, or remove the contract',
    );
  });

  it('when a real service lacks a handler for one of its requests, with the default list', async () => {
    await expect(startService(broker, [], { service: 'logistics', expected: undefined as never })).rejects.toThrow(
      /logistics.parcel has no handler/,
    );
  });

  it.each([
    ['fact', [handles(Happened, nothing), handles(Happened, nothing)], 'probe.happened'],
    ['request', [handles(Do, answer), handles(Do, answer)], 'probe.do'],
  ])('when a %s has two handlers', async (_, handled, type) => {
    await expect(startService(broker, handled)).rejects.toThrow(`${type} has two handlers: remove one @On`);
  });

  it('when one queue would hold both durable and transient messages', async () => {
    await expect(
      startService(broker, [handles(Do, answer), handles(Ask, answer, { queue: 'commands' })]),
    ).rejects.toThrow('probe.commands mixes messages');
  });

  it('when a queue or a retry tier is missing on the broker, and names the fix', async () => {
    const Other = event('other.fact', z.unknown());
    const booting = startService(broker, [handles(Other, nothing)], {
      service: 'stranger',
      schedule: { retryTiersMs: [7] },
    });
    await expect(booting).rejects.toThrow(
      'the broker lacks exchange shop.retry-tier.7, queue stranger.events, queue stranger.events.dead, queue stranger.retry.7. Apply the map: npm run topology',
    );
  });

  it('when the broker refuses its password', async () => {
    const url = new URL(broker.url);
    url.password = 'wrong';
    await expect(startService({ url: url.href }, [handles(Happened, nothing)])).rejects.toThrow(
      /^RabbitMQ cannot be used: .+ AMQP_URL\.$/,
    );
  });
});

describe('a service boots', () => {
  it('without any handler', async () => {
    const { server } = await startService(broker, []);
    expect(server.ready).toBe(true);
  });

  it('only after it has connected to the broker, and can be stopped while it waits', async () => {
    class Empty {}
    Module({})(Empty);
    const server = new MessageServer({ url: `amqp://127.0.0.1:${await freePort()}`, service: 'probe', expected: [] });
    const app = await NestFactory.createMicroservice(Empty, { strategy: server, logger: false });
    let ready = false;
    void app.listen().then(() => (ready = true));
    await app.close();
    expect(ready).toBe(false);
    expect(server.ready).toBe(false);
  });
});
