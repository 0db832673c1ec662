import { describe, expect, it } from 'vitest';
import { HeldMessages, type Failure } from './held-messages.js';

const away: Failure = { dependency: 'carrier', mayBePoison: true };
const certain: Failure = { dependency: 'database', mayBePoison: false };

/** Due times of the tries of one message that fails immediately each time. */
function dueTimes(heldMessages: HeldMessages<string>, message: string, until: number): number[] {
  const times: number[] = [];
  for (let now = 0; now <= until; now += 50) {
    if (!heldMessages.due(now).retries.includes(message)) continue;
    times.push(now);
    heldMessages.hold(message, away, now);
  }
  return times;
}

describe('a message that fails', () => {
  it('is tried again with growing pauses of up to two seconds, while the queue continues', () => {
    const heldMessages = new HeldMessages<string>();
    heldMessages.hold('a', away, 0);
    expect(dueTimes(heldMessages, 'a', 8_000)).toEqual([250, 750, 1_750, 3_750, 5_750, 7_750]);
    expect([heldMessages.paused, heldMessages.size]).toEqual([false, 1]);
  });

  it('is not tried before the retry-after time of its dependency', () => {
    const heldMessages = new HeldMessages<string>();
    heldMessages.hold('a', { ...away, retryAfterMs: 5_000 }, 0);
    expect([heldMessages.due(4_999).retries, heldMessages.due(5_000).retries]).toEqual([[], ['a']]);
  });

  it('is never tried twice at the same time', () => {
    const heldMessages = new HeldMessages<string>();
    heldMessages.hold('a', away, 0);
    expect([heldMessages.due(250).retries, heldMessages.due(10_000).retries]).toEqual([['a'], []]);
  });

  it('is not held after its ending', () => {
    const heldMessages = new HeldMessages<string>();
    heldMessages.hold('a', away, 0);
    expect(heldMessages.settled('a')).toBe(false);
    expect([heldMessages.size, heldMessages.due(1_000)]).toEqual([0, { retries: [], fresh: false }]);
  });

  it('fails alone when its dependency has worked for others since its last try, from the third try on', () => {
    const heldMessages = new HeldMessages<string>();
    const instants: number[] = [];
    const worked = (instant: number): boolean => instants.push(instant) > 0;
    expect(heldMessages.failsAlone('a', worked)).toBe(false);
    for (const now of [10, 20]) heldMessages.hold('a', away, now);
    expect([heldMessages.failsAlone('a', worked), instants]).toEqual([false, []]);
    heldMessages.hold('a', away, 30);
    expect([heldMessages.failsAlone('a', worked), heldMessages.failsAlone('a', () => false), instants]).toEqual([
      true,
      false,
      [30],
    ]);
  });
});

/** A queue paused by three failed messages, at time 0. */
function paused(failure: Failure = away): HeldMessages<string> {
  const heldMessages = new HeldMessages<string>();
  for (const message of ['a', 'b', 'c']) heldMessages.hold(message, failure, 0);
  return heldMessages;
}

describe('a queue', () => {
  it('is paused by three failing messages with no success between, not by one message failing three times', () => {
    const heldMessages = new HeldMessages<string>();
    for (const now of [0, 1, 2, 3]) heldMessages.hold('a', away, now);
    heldMessages.hold('b', away, 4);
    expect(heldMessages.paused).toBe(false);
    heldMessages.settled('other');
    heldMessages.hold('c', away, 5);
    expect(heldMessages.paused).toBe(false);
    heldMessages.hold('a', away, 6);
    heldMessages.hold('b', away, 7);
    expect(heldMessages.paused).toBe(true);
  });

  it('that is paused tries one message at a time, in turn, with growing pauses', () => {
    const heldMessages = paused(certain);
    const tried: [number, readonly string[]][] = [];
    for (let now = 0; now <= 6_000; now += 50) {
      const { retries, fresh } = heldMessages.due(now);
      expect(fresh).toBe(false);
      if (retries.length === 0) continue;
      tried.push([now, retries]);
      expect(heldMessages.due(now + 1)).toEqual({ retries: [], fresh: false });
      heldMessages.hold(retries[0]!, certain, now);
    }
    expect(tried).toEqual([
      [250, ['a']],
      [500, ['b']],
      [1_000, ['c']],
      [2_000, ['a']],
      [4_000, ['b']],
      [6_000, ['c']],
    ]);
  });

  it('does not lengthen its pauses for messages in flight at the pause that fail later', () => {
    const heldMessages = paused(certain);
    for (const late of ['d', 'e', 'f']) heldMessages.hold(late, certain, 10);
    expect([heldMessages.due(249).retries, heldMessages.due(250).retries]).toEqual([[], ['a']]);
    heldMessages.hold('g', certain, 260);
    expect(heldMessages.due(10_000).retries).toEqual([]);
    heldMessages.hold('a', certain, 300);
    expect([heldMessages.due(549).retries, heldMessages.due(550).retries]).toEqual([[], ['b']]);
  });

  it('that is paused honours the retry-after time of the provider', () => {
    const heldMessages = paused({ ...away, retryAfterMs: 3_000 });
    expect([heldMessages.due(2_999).retries, heldMessages.due(3_000).retries]).toEqual([[], ['a']]);
    heldMessages.hold('a', { ...away, retryAfterMs: 9_000 }, 3_000);
    expect([heldMessages.due(11_999).retries, heldMessages.due(12_000).retries]).toEqual([[], ['b']]);
  });

  it('resumes at once with all held messages when one succeeds', () => {
    const heldMessages = paused();
    expect(heldMessages.due(250).retries).toEqual(['a']);
    expect(heldMessages.settled('a')).toBe(true);
    expect([heldMessages.paused, heldMessages.due(250).retries]).toEqual([false, ['b', 'c']]);
    expect(heldMessages.settled('b')).toBe(false);
  });

  it('does not try a message again that is being tried when it resumes', () => {
    const heldMessages = new HeldMessages<string>();
    heldMessages.hold('slow', away, 0);
    expect(heldMessages.due(250).retries).toEqual(['slow']);
    for (const message of ['a', 'b']) heldMessages.hold(message, away, 300);
    expect(heldMessages.paused).toBe(true);
    expect(heldMessages.due(550).retries).toEqual(['a']);
    heldMessages.settled('a');
    expect(heldMessages.due(550).retries).toEqual(['b']);
  });

  it('probes with a fresh message now and then, since the held messages may be the reason', () => {
    const heldMessages = paused();
    const probes: string[] = [];
    for (let now = 0; probes.length < 8; now += 50) {
      const { retries, fresh } = heldMessages.due(now);
      if (fresh) {
        probes.push('fresh');
        heldMessages.freshProbeTriedNothing(now);
      }
      for (const message of retries) {
        probes.push(message);
        heldMessages.hold(message, away, now);
      }
    }
    expect(probes).toEqual(['a', 'b', 'c', 'fresh', 'a', 'b', 'c', 'fresh']);
  });

  it('counts a failing fresh message as a probe, and tries the next held one at once when the queue is empty', () => {
    const heldMessages = paused();
    for (const [message, at] of [
      ['a', 250],
      ['b', 500],
      ['c', 1_000],
    ] as const) {
      expect(heldMessages.due(at).retries).toEqual([message]);
      heldMessages.hold(message, away, at);
    }
    // The third probe failed at 1,000 ms, so the next one is due a second later.
    expect([heldMessages.due(1_999).fresh, heldMessages.due(2_000).fresh]).toEqual([false, true]);
    heldMessages.hold('new', away, 2_000);
    expect([heldMessages.due(3_999), heldMessages.due(4_000)]).toEqual([
      { retries: [], fresh: false },
      { retries: ['a'], fresh: false },
    ]);
    for (const [message, at] of [
      ['a', 4_000],
      ['b', 6_000],
      ['c', 8_000],
    ] as const) {
      heldMessages.due(at);
      heldMessages.hold(message, away, at);
    }
    expect(heldMessages.due(10_000)).toEqual({ retries: [], fresh: true });
    heldMessages.freshProbeTriedNothing(10_000);
    expect(heldMessages.due(10_000)).toEqual({ retries: ['new'], fresh: false });
  });

  it('that is paused and holds nothing fetches a fresh message every two seconds', () => {
    const heldMessages = paused(certain);
    expect(heldMessages.takeForReturn()).toEqual(['a', 'b', 'c']);
    expect([heldMessages.paused, heldMessages.size, heldMessages.due(250)]).toEqual([
      true,
      0,
      { retries: [], fresh: true },
    ]);
    heldMessages.freshProbeTriedNothing(250);
    expect([heldMessages.due(2_249).fresh, heldMessages.due(2_250).fresh]).toEqual([false, true]);
    expect(heldMessages.settled('new')).toBe(true);
    expect(heldMessages.paused).toBe(false);
  });

  it('returns messages held since before an instant, except those being tried', () => {
    const heldMessages = new HeldMessages<string>();
    heldMessages.hold('old', certain, 0);
    heldMessages.hold('tried', certain, 1);
    heldMessages.settled('other');
    heldMessages.hold('new', certain, 100);
    expect(heldMessages.due(600).retries).toEqual(['old', 'tried', 'new']);
    heldMessages.hold('old', certain, 700);
    expect([heldMessages.takeForReturn(0), heldMessages.takeForReturn(50), heldMessages.takeForReturn()]).toEqual([
      [],
      ['old'],
      [],
    ]);
    expect(heldMessages.size).toBe(2);
  });

  it('starts empty with a new connection', () => {
    const heldMessages = paused();
    heldMessages.reset();
    expect([heldMessages.paused, heldMessages.size]).toEqual([false, 0]);
    for (const message of ['d', 'e']) heldMessages.hold(message, away, 0);
    expect(heldMessages.paused).toBe(false);
  });
});
