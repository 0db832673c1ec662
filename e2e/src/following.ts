import { setTimeout as pause } from 'node:timers/promises';
import type { Shop } from './shop.js';

/** What an EventSource waits before it comes back, as its stream told it to. Milliseconds. */
const COMES_BACK_AFTER_MS = 1_000;

export interface Followed {
  /** The kinds of change that were told, in order. */
  types: string[];
  /** The ids of what was told: the order's versions. */
  versions: number[];
  /** How many streams it took. */
  streams: number;
}

/**
 * Follows an order to its end as an EventSource does: comes back when its stream has ended, and says what it was told last.
 * @throws Error when an answer would keep it from coming back
 */
export async function follow(shop: Shop, token: string, id: string): Promise<Followed> {
  const followed: Followed = { types: [], versions: [], streams: 0 };
  for (; ; await pause(COMES_BACK_AFTER_MS)) {
    const stream = await shop.watch(token, id, followed.versions.at(-1)?.toString());
    if (stream.status === 204) return followed;
    if (stream.status !== 200) throw new Error(`the stream of ${id} was answered ${stream.status}`);
    followed.streams += 1;
    await stream.ended;
    for (const event of stream.events) {
      followed.versions.push(Number(event.id));
      followed.types.push((event.data as unknown as { change: { type: string } }).change.type);
    }
  }
}
