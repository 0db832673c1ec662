import { describe, expect, it } from 'vitest';
import { causesOf, type CpuProfile } from './causes.js';

const frame = (functionName: string, url = '') => ({ callFrame: { functionName, url } });

/** root -> handler of the service -> pg -> socket of Node.js; and idle, collector, and a timer of Node.js. */
const nodes = [
  { id: 1, ...frame('(root)'), children: [2, 5, 6, 7] },
  { id: 2, ...frame('handle', 'file:///x/apps/orders/dist/order.js'), children: [3] },
  { id: 3, ...frame('query', 'file:///x/node_modules/pg/lib/client.js'), children: [4] },
  { id: 4, ...frame('write', 'node:net') },
  { id: 5, ...frame('(idle)') },
  { id: 6, ...frame('(garbage collector)') },
  { id: 7, ...frame('listOnTimeout', 'node:internal/timers') },
];
const profile = (samples: number[]): CpuProfile => ({
  nodes,
  startTime: 1_000,
  samples,
  timeDeltas: samples.map(() => 10),
});
const ALWAYS = { fromUs: 0, toUs: Infinity };

describe('the causes of a profile', () => {
  it('charge code of Node.js to the package that called it', () =>
    expect([...causesOf(profile([4, 3, 2]), ALWAYS)]).toEqual([
      ['pg', 20],
      ['the service', 10],
    ]));

  it('keep the collector and what has no caller apart, and count no idle time', () =>
    expect([...causesOf(profile([5, 6, 7]), ALWAYS)]).toEqual([
      ['garbage collector', 10],
      ['Node.js', 10],
    ]));

  it('count only the samples of the measured time', () =>
    expect([...causesOf(profile([2, 2, 2]), { fromUs: 1_015, toUs: 1_025 })]).toEqual([['the service', 10]]));
});
