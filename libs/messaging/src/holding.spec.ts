import { describe, expect, it } from 'vitest';
import { Holding, type Failure } from './holding.js';

const away: Failure = { dependency: 'carrier', suspect: true };
const certain: Failure = { dependency: 'database', suspect: false };

/** When each of some tries of one message was due, if each fails at once. */
function dueTimes(holding: Holding<string>, message: string, until: number): number[] {
  const times: number[] = [];
  for (let now = 0; now <= until; now += 50) {
    if (!holding.due(now).again.includes(message)) continue;
    times.push(now);
    holding.hold(message, away, now);
  }
  return times;
}

describe('a message that fails', () => {
  it('is tried again with growing pauses, of two seconds at most, while the queue goes on', () => {
    const holding = new Holding<string>();
    holding.hold('a', away, 0);
    expect(dueTimes(holding, 'a', 8_000)).toEqual([250, 750, 1_750, 3_750, 5_750, 7_750]);
    expect([holding.paused, holding.size]).toEqual([false, 1]);
  });

  it('is not tried before its dependency wants to be asked again', () => {
    const holding = new Holding<string>();
    holding.hold('a', { ...away, retryAfterMs: 5_000 }, 0);
    expect([holding.due(4_999).again, holding.due(5_000).again]).toEqual([[], ['a']]);
  });

  it('is tried once at a time', () => {
    const holding = new Holding<string>();
    holding.hold('a', away, 0);
    expect([holding.due(250).again, holding.due(10_000).again]).toEqual([['a'], []]);
  });

  it('is held no more when it has an ending', () => {
    const holding = new Holding<string>();
    holding.hold('a', away, 0);
    expect(holding.ended('a')).toBe(false);
    expect([holding.size, holding.due(1_000)]).toEqual([0, { again: [], fresh: false }]);
  });

  it('fails alone when its dependency has worked for others since its last try, from the third try on', () => {
    const holding = new Holding<string>();
    const asked: number[] = [];
    const worked = (instant: number): boolean => asked.push(instant) > 0;
    expect(holding.failsAlone('a', worked)).toBe(false);
    for (const now of [10, 20]) holding.hold('a', away, now);
    expect([holding.failsAlone('a', worked), asked]).toEqual([false, []]);
    holding.hold('a', away, 30);
    expect([holding.failsAlone('a', worked), holding.failsAlone('a', () => false), asked]).toEqual([true, false, [30]]);
  });
});

/** A queue that three messages have paused, at 0. */
function paused(failure: Failure = away): Holding<string> {
  const holding = new Holding<string>();
  for (const message of ['a', 'b', 'c']) holding.hold(message, failure, 0);
  return holding;
}

describe('a queue', () => {
  it('is paused when three different messages fail with no success between, and not by one that fails three times', () => {
    const holding = new Holding<string>();
    for (const now of [0, 1, 2, 3]) holding.hold('a', away, now);
    holding.hold('b', away, 4);
    expect(holding.paused).toBe(false);
    holding.ended('other');
    holding.hold('c', away, 5);
    expect(holding.paused).toBe(false);
    holding.hold('a', away, 6);
    holding.hold('b', away, 7);
    expect(holding.paused).toBe(true);
  });

  it('that is paused tries one message at a time, each in its turn, with growing pauses', () => {
    const holding = paused(certain);
    const tried: [number, readonly string[]][] = [];
    for (let now = 0; now <= 6_000; now += 50) {
      const { again, fresh } = holding.due(now);
      expect(fresh).toBe(false);
      if (again.length === 0) continue;
      tried.push([now, again]);
      expect(holding.due(now + 1)).toEqual({ again: [], fresh: false });
      holding.hold(again[0]!, certain, now);
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

  it('does not wait longer for those that were being handled when it was paused, and fail later', () => {
    const holding = paused(certain);
    for (const late of ['d', 'e', 'f']) holding.hold(late, certain, 10);
    expect([holding.due(249).again, holding.due(250).again]).toEqual([[], ['a']]);
    holding.hold('g', certain, 260);
    expect(holding.due(10_000).again).toEqual([]);
    holding.hold('a', certain, 300);
    expect([holding.due(549).again, holding.due(550).again]).toEqual([[], ['b']]);
  });

  it('that is paused leaves a provider alone for as long as it asks', () => {
    const holding = paused({ ...away, retryAfterMs: 3_000 });
    expect([holding.due(2_999).again, holding.due(3_000).again]).toEqual([[], ['a']]);
    holding.hold('a', { ...away, retryAfterMs: 9_000 }, 3_000);
    expect([holding.due(11_999).again, holding.due(12_000).again]).toEqual([[], ['b']]);
  });

  it('goes on at once with all that it holds when one gets through', () => {
    const holding = paused();
    expect(holding.due(250).again).toEqual(['a']);
    expect(holding.ended('a')).toBe(true);
    expect([holding.paused, holding.due(250).again]).toEqual([false, ['b', 'c']]);
    expect(holding.ended('b')).toBe(false);
  });

  it('does not try a message a second time that is still being tried when it goes on', () => {
    const holding = new Holding<string>();
    holding.hold('slow', away, 0);
    expect(holding.due(250).again).toEqual(['slow']);
    for (const message of ['a', 'b']) holding.hold(message, away, 300);
    expect(holding.paused).toBe(true);
    expect(holding.due(550).again).toEqual(['a']);
    holding.ended('a');
    expect(holding.due(550).again).toEqual(['b']);
  });

  it('tries one that has not failed yet now and then, since those that it holds may be the reason', () => {
    const holding = paused();
    const probes: string[] = [];
    for (let now = 0; probes.length < 8; now += 50) {
      const { again, fresh } = holding.due(now);
      if (fresh) {
        probes.push('fresh');
        holding.nothingFresh(now);
      }
      for (const message of again) {
        probes.push(message);
        holding.hold(message, away, now);
      }
    }
    expect(probes).toEqual(['a', 'b', 'c', 'fresh', 'a', 'b', 'c', 'fresh']);
  });

  it('counts a new message that fails like any other probe, and tries the next one at once when there is no new one', () => {
    const holding = paused();
    for (const [message, at] of [
      ['a', 250],
      ['b', 500],
      ['c', 1_000],
    ] as const) {
      expect(holding.due(at).again).toEqual([message]);
      holding.hold(message, away, at);
    }
    // The third probe has failed at 1,000, so the next one comes a second later.
    expect([holding.due(1_999).fresh, holding.due(2_000).fresh]).toEqual([false, true]);
    holding.hold('new', away, 2_000);
    expect([holding.due(3_999), holding.due(4_000)]).toEqual([
      { again: [], fresh: false },
      { again: ['a'], fresh: false },
    ]);
    for (const [message, at] of [
      ['a', 4_000],
      ['b', 6_000],
      ['c', 8_000],
    ] as const) {
      holding.due(at);
      holding.hold(message, away, at);
    }
    expect(holding.due(10_000)).toEqual({ again: [], fresh: true });
    holding.nothingFresh(10_000);
    expect(holding.due(10_000)).toEqual({ again: ['new'], fresh: false });
  });

  it('that holds nothing any more waits for a new message, and asks for one every two seconds', () => {
    const holding = paused(certain);
    expect(holding.takeBack()).toEqual(['a', 'b', 'c']);
    expect([holding.paused, holding.size, holding.due(250)]).toEqual([true, 0, { again: [], fresh: true }]);
    holding.nothingFresh(250);
    expect([holding.due(2_249).fresh, holding.due(2_250).fresh]).toEqual([false, true]);
    expect(holding.ended('new')).toBe(true);
    expect(holding.paused).toBe(false);
  });

  it('gives back what it has held since before an instant, but not what is being tried', () => {
    const holding = new Holding<string>();
    holding.hold('old', certain, 0);
    holding.hold('tried', certain, 1);
    holding.ended('other');
    holding.hold('new', certain, 100);
    expect(holding.due(600).again).toEqual(['old', 'tried', 'new']);
    holding.hold('old', certain, 700);
    expect([holding.takeBack(0), holding.takeBack(50), holding.takeBack()]).toEqual([[], ['old'], []]);
    expect(holding.size).toBe(2);
  });

  it('begins anew with a new connection', () => {
    const holding = paused();
    holding.reset();
    expect([holding.paused, holding.size]).toEqual([false, 0]);
    for (const message of ['d', 'e']) holding.hold(message, away, 0);
    expect(holding.paused).toBe(false);
  });
});
