import { describe, expect, it } from 'vitest';
import { hear, withoutReplaced, type Processes, type Pulse } from './history.js';
import { percentileMs } from './rates.js';
import { snapshotOf, type Observed, type Snapshot } from './snapshot.js';
import { pulse, queue, vitals } from './testing/pulses.js';

const AT = '2026-01-01T00:00:00.000Z';
const QUEUE = 'orders.events';

/** The system after these pulses, each with the second at which it was heard. */
const after = (...heard: [seconds: number, said: Pulse][]): Processes =>
  heard.reduce<Processes>((all, [seconds, said]) => hear(all, said, seconds * 1_000), new Map());
const seen = (processes: Processes, seconds: number, observed?: Observed): Snapshot =>
  snapshotOf(processes, seconds * 1_000, AT, observed);
const ofQueue = ({ queues }: Snapshot, name = QUEUE) => queues.find((one) => one.queue === name);
const placed = (confirmed: number) => vitals({ published: [{ type: 'order.placed', confirmed, failed: 0 }] });

describe('rates', () => {
  it('are the differences of totals by the time between the pulses, not by the time of the snapshot', () => {
    const processes = after([0, pulse('a', placed(100))], [2, pulse('a', placed(120))]);
    for (const seconds of [2, 2.9, 3.9]) expect(seen(processes, seconds).orders.placedPerSecond).toBe(10);
  });

  it('are those of the last five seconds', () => {
    const pulses = Array.from({ length: 11 }, (_, second): [number, Pulse] => [
      second,
      pulse('a', placed(second <= 5 ? 0 : (second - 5) * 30)),
    ]);
    expect(seen(after(...pulses), 10).orders.placedPerSecond).toBe(30);
    const silent = Array.from({ length: 6 }, (_, second): [number, Pulse] => [11 + second, pulse('a')]);
    expect(seen(after(...pulses, ...silent), 16).orders.placedPerSecond).toBe(0);
  });

  it('never are negative when a process starts again: its totals begin anew under another instance', () => {
    const processes = after(
      [0, pulse('a', placed(1_000))],
      [1, pulse('a', placed(1_010))],
      [2, pulse('b', placed(0))],
      [3, pulse('b', placed(5))],
    );
    expect(seen(processes, 3.5).orders.placedPerSecond).toBe(5);
  });

  it('are added up over the processes of a service', () => {
    const both = (second: number): [number, Pulse][] => [
      [second, pulse('a', placed(second * 10))],
      [second, pulse('b', placed(second * 7))],
    ];
    expect(seen(after(...both(0), ...both(1), ...both(2)), 2).orders.placedPerSecond).toBe(17);
  });
});

describe('a queue', () => {
  const says = (ready: number, acknowledged: number, unacknowledged: number) =>
    pulse('a', vitals({ queues: [queue(QUEUE, { ready, acknowledged, unacknowledged })] }));

  it('takes in what leaves it and what it grows by', () => {
    const processes = after([0, says(0, 0, 0)], [2, says(40, 20, 10)]);
    expect(ofQueue(seen(processes, 2))).toMatchObject({ in: 35, out: 10, ready: 40, unacknowledged: 10 });
  });

  it('takes in nothing while a backlog is worked off', () => {
    const processes = after([0, says(100, 0, 0)], [2, says(0, 100, 0)]);
    expect(ofQueue(seen(processes, 2))).toMatchObject({ in: 0, out: 50 });
  });

  it('with several consumers has one depth, and the flow of all', () => {
    const both = (second: number): [number, Pulse][] =>
      ['a', 'b'].map((instance) => [
        second,
        pulse(instance, vitals({ queues: [queue(QUEUE, { ready: second * 6, acknowledged: second * 5 })] })),
      ]);
    expect(ofQueue(seen(after(...both(0), ...both(1)), 1))).toMatchObject({ in: 16, out: 10, ready: 6 });
  });

  it('is known from one process while another has only said that it is there', () => {
    const processes = after([0, says(4, 0, 0)], [1, pulse('b')]);
    expect(ofQueue(seen(processes, 1))).toMatchObject({ ready: 4 });
  });

  it('shows its retries and its dead letters', () => {
    const failing = (retry: number, dead: number, letters: number) =>
      vitals({
        queues: [
          queue(QUEUE, { handled: [{ type: 'stock.reserved', ack: 0, retry, dead, other: 0 }] }),
          { queue: `${QUEUE}.dead`, ready: letters, consumers: 0 },
        ],
      });
    const processes = after([0, pulse('a', failing(0, 0, 3))], [1, pulse('a', failing(8, 2, 5))]);
    expect(ofQueue(seen(processes, 1))).toMatchObject({ retries: 8, dead: 2, deadLetters: 5 });
  });

  it('of a service that is gone is as deep as the gateway sees it, and else of unknown depth', () => {
    const processes = after([0, says(3, 0, 2)]);
    expect(ofQueue(seen(processes, 10))).toMatchObject({ unacknowledged: 0, in: 0, out: 0 });
    expect(ofQueue(seen(processes, 10))).not.toHaveProperty('ready');
    const ready = (at: number, depth: number) => ({ at: at * 1_000, counters: new Map([[`ready\t${QUEUE}`, depth]]) });
    const observed = {
      depths: new Map([[QUEUE, { ready: 25, consumers: 0 }]]),
      samples: [ready(8, 5), ready(10, 25)],
    };
    expect(ofQueue(seen(processes, 10, observed))).toMatchObject({ ready: 25, consumers: 0, in: 10, out: 0 });
  });
});

describe('a process', () => {
  const isGone = (processes: Processes, seconds: number) =>
    seen(processes, seconds).services.flatMap(({ processes }) => processes.map(({ gone }) => gone));

  it('is gone when it has been silent for two seconds, and back with its next pulse', () => {
    const processes = after([0, pulse('a', vitals())]);
    expect([isGone(processes, 2), isGone(processes, 2.1)]).toEqual([[false], [true]]);
    expect(isGone(hear(processes, pulse('a'), 5_000), 5)).toEqual([false]);
  });

  it('that was replaced is forgotten after half a minute, and the last one of a service never', () => {
    const replaced = after([0, pulse('a', vitals())], [5, pulse('b', vitals())]);
    const left = (seconds: number) => [...withoutReplaced(replaced, seconds * 1_000).keys()];
    expect([left(20), left(31), left(1_000)]).toEqual([['a', 'b'], ['b'], ['b']]);
  });

  it('that was heard only in short is there, and has figures once it has told them', () => {
    const short = after([0, pulse('a')]);
    expect([isGone(short, 0), isGone(short, 3)]).toEqual([[false], [true]]);
    expect(seen(short, 0).queues).toEqual([]);
    const full = hear(short, pulse('a', vitals({ queues: [queue(QUEUE)] })), 1_000);
    expect(ofQueue(seen(full, 1))).toMatchObject({ ready: 0 });
  });
});

describe('a snapshot', () => {
  it('shows the size of commits, and how long each took', () => {
    const commits = (count: number, messages: number, ms: number) => vitals({ commits: { count, messages, ms } });
    const processes = after([0, pulse('a', commits(0, 0, 0))], [1, pulse('a', commits(4, 200, 36))]);
    expect(seen(processes, 1).services[0]!.commits).toEqual({ perSecond: 4, messagesEach: 50, msEach: 9 });
  });

  it('shows a dependency as sick when one process of the service says so', () => {
    const sick = { name: 'sms', state: 'sick', because: 'it answered 503' } as const;
    const processes = after(
      [0, pulse('a', vitals({ dependencies: [sick] }))],
      [0, pulse('b', vitals({ dependencies: [{ name: 'sms', state: 'healthy' }] }))],
    );
    expect(seen(processes, 0).dependencies).toEqual([{ service: 'orders', ...sick }]);
  });

  it('shows which services send to which exchange', () => {
    const to = (messages: number) => vitals({ sent: [{ exchange: 'shop.events', messages }] });
    const processes = after([0, pulse('a', to(0))], [1, pulse('a', to(12))]);
    expect(seen(processes, 1).sent).toEqual([{ service: 'orders', exchange: 'shop.events', perSecond: 12 }]);
  });
});

describe('a percentile', () => {
  it('lies within the bucket that has it', () => {
    const buckets = [0, 0, 100, 0, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    expect(percentileMs(buckets, 0.25)).toBe(3.75);
    expect(percentileMs(buckets, 0.5)).toBe(5);
    expect(percentileMs(buckets, 0.75)).toBe(17.5);
    expect(percentileMs([...buckets.slice(0, 13), 200], 0.99)).toBe(10_000);
    expect(
      percentileMs(
        buckets.map(() => 0),
        0.5,
      ),
    ).toBeUndefined();
  });
});
