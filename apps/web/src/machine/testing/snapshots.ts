import type { QueueNow, Snapshot } from '../snapshot.js';

/** A queue in which nothing happens but what is given. */
export const queue = (name: string, exchange = 'test.events', arriving = 0): QueueNow => ({
  ...{ queue: name, service: name.split('.')[0]!, exchange, ready: 0, consumers: 1, unacknowledged: 0, held: 0 },
  ...{ paused: false, in: arriving, out: 0, handled: 0, retries: 0, dead: 0 },
});
const service = (name: string) => ({ service: name, processes: [], requests: { perSecond: 0 } });
export const snapshot = (
  names: string[],
  queues: QueueNow[] = [],
  sent: Snapshot['sent'] = [],
  at = '2026-01-01T00:00:00Z',
): Snapshot => ({
  ...{ at, services: names.map(service), queues, sent, types: [], dependencies: [], invariants: [] },
  orders: { placedPerSecond: 0, completedPerSecond: 0 },
});
