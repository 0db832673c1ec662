import { EXCHANGES } from '@sluice/contracts';
import { deadLetters, depth, eventually, publish, publishBatch, testBroker, type TestBroker } from '@sluice/testing';
import { connect, type ConfirmChannel } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PermanentError } from '../errors.js';
import { Do, Happened, handles, SERVICES, startService, stopServices, TIERS_MS } from '../testing/probe.js';
import { countLetters, discard, readLetters, redrive, summarise } from './index.js';

let broker: TestBroker;
beforeAll(async () => (broker = await testBroker({ tiersMs: TIERS_MS, services: SERVICES })));
beforeEach(async () => {
  const channel = await open();
  for (const queue of ['probe.events', 'probe.commands']) await channel.purgeQueue(`${queue}.dead`);
  await channel.close();
});
afterEach(stopServices);
afterAll(() => broker.close());

async function open(): Promise<ConfirmChannel> {
  const channel = await broker.connection.createConfirmChannel();
  return channel.on('error', () => undefined);
}

const QUEUE = 'probe.events';
const letters = (count: number) => eventually(async () => expect(await countLetters(open, QUEUE)).toBe(count));

/** A handler with a fault until it is repaired; it has one effect per message id, as an inbox ensures. */
async function faulty(error: Error = new PermanentError('no such product')) {
  const state = { broken: true, tries: [] as string[], effects: new Set<string>() };
  await startService(broker, [
    handles(Happened, async ({ id }) => {
      state.tries.push(id);
      if (state.broken) throw error;
      state.effects.add(id);
    }),
  ]);
  return state;
}

describe('a dead letter', () => {
  it('records why, where, and when each try failed', async () => {
    const before = new Date().toISOString();
    await faulty(new Error('the database is away'));
    const id = await publish(broker, Happened, { n: 1 }, { headers: { 'correlation-id': 'c-1' } });
    await letters(1);

    const [{ letter } = { letter: undefined }] = await readLetters(open, QUEUE);
    const reason = 'Error: the database is away';
    expect(letter).toMatchObject({
      queue: QUEUE,
      id,
      type: 'probe.happened',
      correlationId: 'c-1',
      reason,
      attempts: 4,
      redriven: 0,
      originalExchange: 'shop.events',
      originalRoutingKey: 'probe.happened',
    });
    expect(letter?.stack).toContain('dead-letters.spec');
    expect(letter?.history.map((one) => one.reason)).toEqual([reason, reason, reason, reason]);
    const times = letter!.history.map(({ at }) => at);
    expect([before, ...times]).toEqual([before, ...times].sort());
    expect(letter?.failedAt).toBe(times.at(-1));
  });

  it('from the broker has its reason, with the exchange where it was first published', async () => {
    const channel = await open();
    const id = await publish(broker, Happened, { n: 2 });
    await eventually(async () => {
      const message = await channel.get(QUEUE);
      expect(message).not.toBe(false);
      if (message) channel.reject(message, false);
    });
    await letters(1);
    await channel.close();
    const [{ letter } = { letter: undefined }] = await readLetters(open, QUEUE);
    const reason = expect.stringMatching(/^rejected: /);
    expect(letter).toMatchObject({
      id,
      reason,
      attempts: 0,
      originalExchange: 'shop.events',
      originalRoutingKey: 'probe.happened',
      history: [{ reason }],
    });
  });

  it('that is a batch has the number of its facts, and is redriven as a whole', async () => {
    const channel = await open();
    const ids = await publishBatch(broker, Happened, [{ n: 1 }, { n: 2 }]);
    await eventually(async () => {
      const message = await channel.get(QUEUE);
      expect(message).not.toBe(false);
      if (message) channel.reject(message, false);
    });
    await letters(1);
    await channel.close();
    const [{ letter } = { letter: undefined }] = await readLetters(open, QUEUE);
    expect(letter).toMatchObject({ type: 'probe.happened', facts: 2 });
    const handler = await faulty();
    handler.broken = false;
    expect(await redrive(open, QUEUE)).toBe(1);
    await eventually(() => expect(handler.tries).toEqual(ids));
  });

  it('stays in its queue when it is read', async () => {
    await faulty();
    for (const n of [1, 2, 3]) await publish(broker, Happened, { n });
    await letters(3);
    expect(await readLetters(open, QUEUE, { limit: 2 })).toHaveLength(2);
    await letters(3);
    expect(await readLetters(open, QUEUE, { reason: 'no such thing' })).toEqual([]);
    await letters(3);
  });
});

describe('redriving', () => {
  it('handles the message once the fault is repaired, once and under its original id', async () => {
    const handler = await faulty();
    const ids = [await publish(broker, Happened, { n: 1 }), await publish(broker, Happened, { n: 2 })];
    await letters(2);
    handler.broken = false;
    expect(await redrive(open, QUEUE)).toBe(2);
    await eventually(() => expect([...handler.effects].sort()).toEqual([...ids].sort()));
    expect(handler.tries).toHaveLength(4);
    expect(await redrive(open, QUEUE)).toBe(0);
    await letters(0);
  });

  it('starts with no attempts, and a remaining fault dead-letters it again with a longer history', async () => {
    await faulty(new Error('still away'));
    const id = await publish(broker, Happened, { n: 1 }, { headers: { traceparent: '00-t' } });
    await letters(1);
    expect(await redrive(open, QUEUE)).toBe(1);
    await letters(0);
    await letters(1);
    const [taken] = await readLetters(open, QUEUE);
    expect(taken?.letter).toMatchObject({
      id,
      attempts: 4,
      redriven: 1,
      originalExchange: 'shop.events',
      originalRoutingKey: 'probe.happened',
    });
    expect(taken?.letter.history).toHaveLength(8);
    expect(taken?.message.properties.headers).toMatchObject({ traceparent: '00-t', version: 1 });
  });

  it('does not fetch letters again that fail at once', async () => {
    const handler = await faulty();
    await Promise.all(Array.from({ length: 150 }, (_, n) => publish(broker, Happened, { n })));
    await letters(150);
    expect(await redrive(open, QUEUE)).toBe(150);
    await letters(150);
    expect(handler.tries).toHaveLength(300);
  });

  it('moves one letter, matching letters, or a limited number', async () => {
    const handler = await faulty();
    const [first, second] = [await publish(broker, Happened, { n: 1 }), await publish(broker, Happened, { n: 2 })];
    for (const n of [3, 4]) await publish(broker, Happened, { n }, { body: '{"n":' });
    await letters(4);
    handler.broken = false;
    expect(await redrive(open, QUEUE, { id: second })).toBe(1);
    await eventually(() => expect([...handler.effects]).toEqual([second]));
    expect(await redrive(open, QUEUE, { type: 'probe.ignored' })).toBe(0);
    expect(await redrive(open, QUEUE, { reason: 'no such product', limit: 5 })).toBe(1);
    await eventually(() => expect(handler.effects).toContain(first));
    await letters(2);
    expect(await redrive(open, QUEUE, { limit: 1, until: Date.now() - 1 })).toBe(0);
  });

  it('that crashes between publish and ack loses nothing, and has one effect when repeated', async () => {
    const handler = await faulty();
    const id = await publish(broker, Happened, { n: 1 });
    await letters(1);
    handler.broken = false;
    const died = new Error('power cut');
    const dying = async (): Promise<ConfirmChannel> => {
      const connection = await connect(broker.url);
      const channel = await connection.createConfirmChannel();
      connection.on('error', () => undefined);
      channel.ack = () => {
        void connection.close();
        throw died;
      };
      return channel;
    };
    await expect(redrive(dying, QUEUE)).rejects.toThrow(died);
    await letters(1);
    expect(await redrive(open, QUEUE)).toBe(1);
    await eventually(() => expect(handler.tries).toEqual([id, id, id]));
    expect([...handler.effects]).toEqual([id]);
    await letters(0);
  });

  it('keeps the letters of a queue that is gone', async () => {
    const own = await testBroker({ tiersMs: TIERS_MS, services: { probe: { commands: [Do] } } });
    try {
      const channel = await own.connection.createConfirmChannel();
      channel.publish(EXCHANGES.dead, 'probe.commands', Buffer.from('{}'));
      await channel.waitForConfirms();
      await channel.deleteQueue('probe.commands');
      await channel.close();
      const open = async () =>
        (await own.connection.createConfirmChannel()).on('error', () => undefined) as ConfirmChannel;
      await expect(redrive(open, 'probe.commands')).rejects.toThrow(
        'probe.commands does not take its letters back: it is gone',
      );
      await eventually(async () => expect(await depth(own, 'probe.commands.dead')).toBe(1));
    } finally {
      await own.close();
    }
  });
});

describe('discarding', () => {
  it('deletes the matching letters after `keep` has stored them', async () => {
    await faulty();
    const [gone, kept] = [await publish(broker, Happened, { n: 1 }), await publish(broker, Happened, { n: 2 })];
    await letters(2);
    const written: unknown[] = [];
    expect(await discard(open, QUEUE, { id: gone }, async ({ letter }) => void written.push(letter.id))).toBe(1);
    expect(written).toEqual([gone]);
    expect((await deadLetters(broker, QUEUE)).map(({ properties }) => properties.messageId)).toEqual([kept]);
    await expect(discard(open, QUEUE, {}, () => Promise.reject(new Error('the disk is full')))).rejects.toThrow(
      'the disk is full',
    );
    await letters(1);
  });
});

describe('a summary', () => {
  it('groups reasons that differ only in ids and numbers', async () => {
    const failed = (reason: string, failedAt: string) => ({ type: 'order.placed', reason, failedAt });
    const id = '00000000-0000-7000-8000-00000000000';
    const found = [
      failed(`Error: order ${id}1 has 2 lines`, '2026-11-21T12:00:01.000Z'),
      failed('Error: away\nand more', '2026-11-21T12:00:00.000Z'),
      failed(`Error: order ${id}2 has 13 lines`, '2026-11-21T12:00:02.000Z'),
    ];
    expect(await summarise(found)).toEqual({
      count: 3,
      oldest: '2026-11-21T12:00:00.000Z',
      groups: [
        { type: 'order.placed', reason: `Error: order ${id}1 has 2 lines`, count: 2 },
        { type: 'order.placed', reason: 'Error: away', count: 1 },
      ],
    });
  });
});
