import { describe, expect, it } from 'vitest';
import { attentionOf } from './attention.js';
import { queue, snapshot } from './testing/snapshots.js';
import { en } from './words.js';

const process = (gone: boolean) => ({
  ...{ instance: 'a', version: '1', uptimeSeconds: 1, cpu: 0, memoryBytes: 0, gone },
});

describe('what needs attention', () => {
  it('is nothing while all is well', () => {
    const now = snapshot(['orders'], [queue('orders.events')]);
    now.services[0]!.processes = [process(true), process(false)];
    now.invariants = [
      { service: 'orders', name: 'none_lost', violations: 0 },
      { service: 'orders', name: 'slow' },
    ];
    expect(attentionOf(now, en)).toEqual([]);
  });

  it('is what is broken, gone, sick, paused or dead', () => {
    const now = snapshot(['orders'], [{ ...queue('orders.events'), paused: true, deadLetters: 2 }]);
    now.services[0]!.processes = [process(true)];
    now.invariants = [{ service: 'orders', name: 'none_lost', violations: 3 }];
    now.dependencies = [{ service: 'payments', name: 'card gateway', state: 'sick' }];
    expect(attentionOf(now, en)).toEqual([
      'orders: none_lost is violated 3 times',
      'orders is gone',
      'payments: card gateway fails',
      'orders.events is paused',
      '2 dead letters of orders.events',
    ]);
  });
});
