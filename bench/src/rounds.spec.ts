import { Progress } from '@sluice/stack/progress';
import { expect, it } from 'vitest';
import { measureInTurn, type RoundOptions } from './rounds.js';

const order: string[] = [];
const side = (name: string) => async () => (order.push(name), { value: order.length });
const options = (more: Partial<RoundOptions> = {}): RoundOptions => ({
  rounds: 2,
  withinSeconds: 60,
  progress: new Progress({ write: () => true }),
  required: ['ours'],
  ...more,
});

it('measures every side in each round, in reverse order in every other one, and counts no warm-up', async () => {
  order.length = 0;
  const measured = await measureInTurn({ ours: side('ours'), peer: side('peer') }, options({ warmUps: 1 }));
  expect(order).toEqual(['ours', 'peer', 'peer', 'ours', 'ours', 'peer']);
  expect(measured.of('ours', 'value')).toEqual([4, 5]);
});

it('leaves a peer out after it failed, and fails with a side that it requires', async () => {
  let tries = 0;
  const fails = () => (tries++, Promise.reject(new Error('no such program')));
  const measured = await measureInTurn({ ours: side('ours'), peer: fails }, options());
  expect(measured.of('ours', 'value')).toHaveLength(2);
  expect([measured.of('peer', 'value'), tries]).toEqual([[], 1]);
  await expect(measureInTurn({ ours: fails }, options())).rejects.toThrow('no such program');
});

it('begins no round after its time, except the first one', async () => {
  const measured = await measureInTurn({ ours: side('ours') }, options({ withinSeconds: 0, rounds: 5 }));
  expect(measured.of('ours', 'value')).toHaveLength(1);
});
