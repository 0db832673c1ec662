import { beforeEach, expect, it } from 'vitest';
import { ServerClock } from './server-clock.js';

const NOON = Date.parse('2026-11-30T12:00:00Z');
/** The server is ahead by this. Milliseconds. */
const AHEAD = 90_300;
let clock: ServerClock;

/** A response that was sent at a local time, and took so long there and back. */
function respond(local: number, wayMs: number): void {
  const date = new Date(local + wayMs / 2 + AHEAD).toUTCString();
  clock.observe(date, local, local + wayMs);
}

beforeEach(() => {
  clock = new ServerClock();
});

it('is the local clock until the server has said something', () => expect(clock.at(NOON)).toBe(NOON));

it('is right to less than a second after one response', () => {
  respond(NOON, 40);
  expect(Math.abs(clock.at(NOON) - NOON - AHEAD)).toBeLessThan(600);
});

it('becomes better with each response', () => {
  for (let n = 0; n < 40; n++) respond(NOON + n * 1_037, 20);
  expect(Math.abs(clock.at(NOON) - NOON - AHEAD)).toBeLessThan(60);
});

it('begins again when one of the clocks was set', () => {
  respond(NOON, 20);
  clock.observe(new Date(NOON + 3_600_000).toUTCString(), NOON, NOON + 20);
  expect(Math.abs(clock.at(NOON) - NOON - 3_600_000)).toBeLessThan(600);
});

it('ignores a response without a date', () => {
  clock.observe(null, NOON, NOON);
  expect(clock.at(NOON)).toBe(NOON);
});
