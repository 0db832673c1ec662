import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { AccountRegistered, OrderShipped, ServicePulse } from '@sluice/contracts';
import { inRoot } from '@sluice/stack/workspace';
import { eventually, publish, publishBatch, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { factLine } from './fact-line.js';

const [ORDER, USER] = ['00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-00000000000a'];

let broker: TestBroker;
const running: ChildProcess[] = [];
beforeAll(async () => {
  broker = await testBroker();
});
afterEach(() => running.splice(0).forEach((child) => child.kill('SIGKILL')));
afterAll(() => broker.close());

/** The command as an operator runs it. */
function start(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv = { AMQP_MANAGEMENT_URL: broker.management.url },
) {
  const child = spawn(process.execPath, [inRoot('start.mjs'), command, ...args], {
    env: { PATH: process.env.PATH, AMQP_URL: broker.url, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => (output[name] += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { output, ended, end: () => (child.kill('SIGINT'), ended) };
}

const exclusiveQueues = async () =>
  (await broker.management.get<{ name: string }[]>(`queues/${broker.vhost}?columns=name`))
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
  it('prints each fact of a batch on its own line', async () => {
    const tail = start('tail', ['order.*', '--json']);
    await eventually(() => expect(tail.output.stderr).toContain('listening to order.*'));
    const facts = [7, 8].map((version) => ({ orderId: ORDER, userId: USER, version }));
    const ids = await publishBatch(broker, OrderShipped, facts);
    await eventually(() => expect(tail.output.stdout.split('\n')).toHaveLength(3));
    const lines = tail.output.stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      facts.map((data, n) => expect.objectContaining({ id: ids[n], type: 'order.shipped', from: 'test', data })),
    );
    await tail.end();
    const channel = await broker.connection.createChannel();
    await channel.purgeQueue('notifications.events');
    await channel.close();
  });

  it('prints the facts that match, one a line with the correlation id, and leaves nothing', async () => {
    const tail = start('tail', ['order.*']);
    await eventually(() => expect(tail.output.stderr).toContain('listening to order.*'));
    await registered();
    await shipped();
    await eventually(() => expect(tail.output.stdout).toContain('\n'));
    expect(tail.output.stdout).toMatch(
      new RegExp(`^[\\d:.]{12} {2}order\\.shipped +${ORDER} +c-42 +.*"userId":"${USER}".*\\n$`),
    );
    expect(await exclusiveQueues()).toHaveLength(1);
    expect(await tail.end()).toBe(0);
    await eventually(async () => expect(await exclusiveQueues()).toEqual([]));
  });

  it('leaves out the pulses, unless they are asked for', async () => {
    const [all, pulses] = [start('tail', []), start('tail', ['service.*'])];
    for (const { output } of [all, pulses]) await eventually(() => expect(output.stderr).toContain('listening to'));
    const pulse = { service: 'orders', instance: randomUUID(), version: '1', uptimeSeconds: 1 };
    await publish(broker, ServicePulse, pulse);
    await shipped();
    await eventually(() => expect(pulses.output.stdout).toContain('service.pulse'));
    await eventually(() => expect(all.output.stdout).toContain('order.shipped'));
    expect(all.output.stdout).not.toContain('service.pulse');
    await Promise.all([all.end(), pulses.end()]);
  });

  it('gives whole messages as JSON, without secrets', async () => {
    const tail = start('tail', ['--json']);
    await eventually(() => expect(tail.output.stderr).toContain('listening to #'));
    const id = await registered();
    await eventually(() => expect(tail.output.stdout).toContain('\n'));
    expect(JSON.parse(tail.output.stdout)).toMatchObject({
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
    expect(tail.output.stderr).toContain('the broker at 127.0.0.1:1 cannot be used');
  });
});

describe('npm run trace', () => {
  const isTraced = async () => (await broker.management.get<{ tracing: boolean }>(`vhosts/${broker.vhost}`)).tracing;

  it('prints what is published and what is delivered, and switches itself off again', async () => {
    const trace = start('trace', ['on']);
    await eventually(() => expect(trace.output.stderr).toContain('Ctrl-C ends it'));
    expect(await isTraced()).toBe(true);
    await registered();
    await eventually(() => expect(trace.output.stdout).toMatch(/→ shop\.events +account\.registered/));
    const channel = await broker.connection.createChannel();
    await channel.get('notifications.events', { noAck: true });
    await eventually(() => expect(trace.output.stdout).toMatch(/← notifications\.events +account\.registered/));
    expect(trace.output.stdout).not.toContain('123456');
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
    expect(trace.output.stderr).toContain(`rabbitmqctl trace_on -p ${broker.vhost}`);
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
    const colourOf = (correlationId: string) =>
      /\[\d+m(?=c-)/.exec(factLine({ ...message, correlationId }, { width: 110, coloured: true }))?.[0];
    expect([colourOf('c-1'), colourOf('c-1')]).toEqual([expect.any(String), colourOf('c-1')]);
    expect(new Set(['c-1', 'c-2', 'c-3'].map(colourOf)).size).toBe(3);
  });
});
