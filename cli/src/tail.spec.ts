// @ts-nocheck
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { AccountRegistered, OrderShipped } from '@sluice/contracts';
import { eventually, publish, testBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { factLine } from './fact-line.js';
import { inRoot } from '@sluice/stack/workspace';

const [ORDER, USER] = ['00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-00000000000a'];

let broker;
const running = [];
beforeAll(async () => (broker = await testBroker()));
afterEach(() => running.splice(0).forEach((child) => child.kill('SIGKILL')));
afterAll(() => broker.close());

/** The program in a terminal of its own. */
function start(tool, args, more = { AMQP_MANAGEMENT_URL: broker.management.url }) {
  const child = spawn(process.execPath, [inRoot('start.mjs'), tool, ...args], {
    env: { PATH: process.env.PATH, AMQP_URL: broker.url, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].on('data', (chunk) => (said[name] += chunk));
  const ended = once(child, 'close').then(([code]) => code);
  return { said, ended, end: () => (child.kill('SIGINT'), ended) };
}

const exclusiveQueues = async () =>
  (await broker.management.get(`queues/${broker.vhost}?columns=name`))
    .map(({ name }) => name)
    .filter((name) => name.startsWith('amq.gen-'));
const shipped = () =>
  publish(
    broker,
    OrderShipped,
    { orderId: ORDER, userId: USER, version: 7 },
    { headers: { 'correlation-id': 'c-42' } },
  );
const registered = () =>
  publish(broker, AccountRegistered, { userId: USER, phone: '+15550000001', name: 'Ann', code: '123456', version: 1 });

describe('npm run tail', () => {
  it('prints the facts that match, one a line with the correlation id, and leaves nothing', async () => {
    const tail = start('tail', ['order.*']);
    await eventually(() => expect(tail.said.stderr).toContain('listening to order.*'));
    await registered();
    await shipped();
    await eventually(() => expect(tail.said.stdout).toContain('\n'));
    expect(tail.said.stdout).toMatch(
      new RegExp(`^[\\d:.]{12} {2}order\\.shipped +${ORDER} +c-42 +.*"userId":"${USER}".*\\n$`),
    );
    expect(await exclusiveQueues()).toHaveLength(1);
    expect(await tail.end()).toBe(0);
    await eventually(async () => expect(await exclusiveQueues()).toEqual([]));
  });

  it('gives whole messages as JSON, without secrets', async () => {
    const tail = start('tail', ['--json']);
    await eventually(() => expect(tail.said.stderr).toContain('listening to #'));
    const id = await registered();
    await eventually(() => expect(tail.said.stdout).toContain('\n'));
    expect(JSON.parse(tail.said.stdout)).toMatchObject({
      id,
      type: 'account.registered',
      from: 'test',
      headers: { version: 1 },
      data: { userId: USER, code: '[secret]' },
    });
    expect(await tail.end()).toBe(0);
  });

  it('says what to do without a broker', async () => {
    const tail = start('tail', [], { AMQP_URL: 'amqp://127.0.0.1:1' });
    expect(await tail.ended).toBe(1);
    expect(tail.said.stderr).toContain('the broker at 127.0.0.1:1 cannot be used');
  });
});

describe('npm run trace', () => {
  const isTraced = async () => (await broker.management.get(`vhosts/${broker.vhost}`)).tracing;

  it('prints what is published and what is delivered, and switches itself off again', async () => {
    const trace = start('trace', ['on']);
    await eventually(() => expect(trace.said.stderr).toContain('Ctrl-C ends it'));
    expect(await isTraced()).toBe(true);
    await registered();
    await eventually(() => expect(trace.said.stdout).toMatch(/→ shop\.events +account\.registered/));
    const channel = await broker.connection.createChannel();
    await channel.get('notifications.events', { noAck: true });
    await eventually(() => expect(trace.said.stdout).toMatch(/← notifications\.events +account\.registered/));
    expect(trace.said.stdout).not.toContain('123456');
    expect(await trace.end()).toBe(0);
    expect(await isTraced()).toBe(false);
  });

  it('off ends what a killed one has left on', async () => {
    await broker.management.put(`vhosts/${broker.vhost}`, { tracing: true });
    expect(await start('trace', ['off']).ended).toBe(0);
    expect(await isTraced()).toBe(false);
  });

  it('names the way by hand where there is no management API', async () => {
    const trace = start('trace', ['on'], {});
    expect(await trace.ended).toBe(1);
    expect(trace.said.stderr).toContain(`rabbitmqctl trace_on -p ${broker.vhost}`);
  });
});

describe('a line', () => {
  const message = {
    time: '2026-11-21T12:00:00.123Z',
    type: 'parcel.created',
    correlationId: 'c-1',
    data: { parcelId: 'p-1', orderId: 'o-1', lines: ['x'.repeat(100)] },
  };

  it('is about the thing that the fact is named after, and fits the terminal', () => {
    const line = factLine(message, { width: 110, coloured: false });
    expect(line).toMatch(/^12:00:00\.123 {2}parcel\.created +p-1 +c-1 {2}\{"orderId".*…$/);
    expect(line.length).toBeLessThanOrEqual(110);
  });

  it('has one colour for one correlation id', () => {
    const colourOf = (correlationId) =>
      /\[\d+m(?=c-)/.exec(factLine({ ...message, correlationId }, { width: 110, coloured: true }))?.[0];
    expect([colourOf('c-1'), colourOf('c-1')]).toEqual([expect.any(String), colourOf('c-1')]);
    expect(new Set(['c-1', 'c-2', 'c-3'].map(colourOf)).size).toBe(3);
  });
});
