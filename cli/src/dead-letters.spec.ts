import { execFile } from 'node:child_process';
import { AccountRegistered } from '@sluice/contracts';
import { inRoot } from '@sluice/stack/workspace';
import { deadLetters, depth, eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ago } from './letter-text.js';

const QUEUE = 'notifications.events';
const USER = '00000000-0000-7000-8000-00000000000a';

let broker: TestBroker;
beforeAll(async () => {
  broker = await testBroker();
});
afterAll(() => broker.close());
beforeEach(async () => {
  const channel = await broker.connection.createChannel();
  for (const name of [QUEUE, `${QUEUE}.dead`]) await channel.purgeQueue(name);
  await channel.close();
});

interface Ended {
  code: number | string;
  stdout: string;
  stderr: string;
}

/** The command as an operator runs it. */
const run = (...args: string[]) =>
  new Promise<Ended>((resolve) => {
    const env = { PATH: process.env.PATH, AMQP_URL: broker.url, AMQP_MANAGEMENT_URL: broker.management.url };
    execFile(process.execPath, [inRoot('start.mjs'), 'dead-letters', ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });

/** As a consumer leaves one. */
const letter = (reason: string, at = '2026-11-21T12:00:00.000Z') =>
  publish(
    broker,
    AccountRegistered,
    { userId: USER, phone: '+15550000001', name: 'Ann', code: '123456', version: 1 },
    {
      exchange: 'shop.dead',
      routingKey: QUEUE,
      headers: {
        reason,
        attempts: 4,
        'failed-at': at,
        stack: `${reason}\n    at somewhere`,
        history: [{ at, reason }],
        'original-exchange': 'shop.events',
        'original-routing-key': 'account.registered',
      },
    },
  );

describe('npm run dead-letters', () => {
  it('lists what is there and why, and one queue letter by letter', async () => {
    expect(await run('list')).toMatchObject({ code: 0, stdout: 'no dead letters\n' });
    const ids = [
      await letter('Error: away'),
      await letter('Error: away'),
      await letter('TypeError: broken', '2026-11-20T12:00:00.000Z'),
    ];
    const { stdout } = await run('list');
    expect(stdout).toMatch(
      /^notifications\.events {2}3 dead letters, the oldest .* ago \(2026-11-20T12:00:00\.000Z\)$/m,
    );
    expect(stdout).toMatch(/^ +2 × account\.registered {2}Error: away$/m);
    const lines = (await run('list', `${QUEUE}.dead`, '--reason', 'away')).stdout;
    expect(ids.map((id) => lines.includes(id))).toEqual([true, true, false]);
    await eventually(async () => expect(await depth(broker, `${QUEUE}.dead`)).toBe(3));
  });

  it('shows one letter whole, without its secrets', async () => {
    const id = await letter('Error: password=hunter2 was refused');
    const { stdout } = await run('show', id);
    for (const text of [
      `id: ${id}`,
      'attempts: 4',
      'first published to: shop.events',
      ' 1. 2026-11-21T12:00:00.000Z  Error',
      'at somewhere',
      `"userId": "${USER}"`,
    ])
      expect(stdout).toContain(text);
    expect(stdout).not.toMatch(/hunter2|123456/);
    expect(await run('show', USER)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`no dead letter has the id ${USER}`),
    });
  });

  it('sends letters home: one, and then all', async () => {
    const first = await letter('Error: away');
    await letter('Error: away');
    expect(await run('redrive', first)).toMatchObject({ code: 0, stdout: `1 dead letter sent home to ${QUEUE}\n` });
    expect([await depth(broker, QUEUE), await depth(broker, `${QUEUE}.dead`)]).toEqual([1, 1]);
    expect(await run('redrive', '--all')).toMatchObject({ code: 0, stdout: `1 dead letter sent home to ${QUEUE}\n` });
    expect([await depth(broker, QUEUE), await depth(broker, `${QUEUE}.dead`)]).toEqual([2, 0]);
    expect(await run('redrive', first)).toMatchObject({ code: 1 });
  });

  it('discards nothing without --yes, and then writes down what it takes away', async () => {
    const [gone, kept] = [await letter('Error: away'), await letter('TypeError: broken')];
    expect(await run('discard', QUEUE)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('2 dead letters would be removed for good'),
    });
    const { code, stdout } = await run('discard', QUEUE, '--reason', 'away', '--yes');
    expect(code).toBe(0);
    const [line = '', ...rest] = stdout.trimEnd().split('\n');
    expect(rest).toEqual([]);
    const printed = JSON.parse(line) as { body: string };
    expect(printed).toMatchObject({
      queue: QUEUE,
      properties: { messageId: gone, type: 'account.registered', headers: { reason: 'Error: away' } },
    });
    expect(JSON.parse(printed.body)).toMatchObject({ userId: USER, code: '123456' });
    expect((await deadLetters(broker, QUEUE)).map(({ properties }) => properties.messageId)).toEqual([kept]);
  });

  it.each([
    [[], 'npm run dead-letters -- list'],
    [['redrive'], '--all'],
    [['redrive', QUEUE, '--all'], 'not understood'],
    [['list', 'orders.nothing'], 'no queue with dead letters here'],
    [['list', '--limit', 'x'], 'not understood'],
  ])('says how it is used: %j', async (args, words) => {
    expect(await run(...args)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(words) });
  });
});

it.each([
  [5_000, '5 s'],
  [90_000, '1 min'],
  [7_200_000, '2 h'],
  [3 * 86_400_000, '3 days'],
])('says that %i ms is %s', (ms, text) => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  expect(ago(new Date(now - ms).toISOString(), now)).toContain(`${text} ago`);
});
