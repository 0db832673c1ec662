import { describe, expect, it } from 'vitest';
import { messagesOn, trackOf } from './moving.js';

const STRAIGHT = 'M0,10 C100,10 200,10 300,10';
const CURVED = 'M0,0 C200,0 100,-300.5 300,-3e2';
const distance = ([x, y]: readonly number[], [a, b]: readonly number[]): number => Math.hypot(x! - a!, y! - b!);

describe('the messages on an arrow', () => {
  it.each([STRAIGHT, CURVED])('are at the same distance from each other all along %s', (path) => {
    const track = trackOf(path);
    for (const [index, point] of track.entries())
      if (index > 0) expect(distance(point, track[index - 1]!)).toBeCloseTo(2, 0);
    expect(distance(track.at(-1)!, path === STRAIGHT ? [300, 10] : [300, -300])).toBeLessThan(2.5);
  });

  it('move at their pace, and one follows the other without a jump', () => {
    const track = trackOf(STRAIGHT);
    const firstAt = (seconds: number): number => messagesOn(track, 1, seconds)[0]![0];
    expect([0, 0.25, 0.5].map(firstAt)).toEqual([0, 12, 0]);
    expect(messagesOn(track, 1, 0)).toHaveLength(14);
    expect(messagesOn(track, 2, 0.25)[0]![0]).toBe(6);
  });
});
