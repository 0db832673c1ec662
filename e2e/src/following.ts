import { setTimeout as pause } from 'node:timers/promises';
import type { Shop } from './shop.js';

/** Reconnect delay of an EventSource, equal to the stream's `retry:`. Milliseconds. */
const RECONNECT_MS = 1_000;

export interface Followed {
  /** Types of the received changes, in order. */
  types: string[];
  /** Event ids received: the order's versions. */
  versions: number[];
  /** Number of streams opened. */
  streams: number;
}

/**
 * Follows an order to its end like an EventSource: reconnects when the stream has ended, with the last received event
 * id.
 * @throws Error on a status after which an EventSource would not reconnect
 */
export async function follow(shop: Shop, token: string, id: string): Promise<Followed> {
  const followed: Followed = { types: [], versions: [], streams: 0 };
  for (; ; await pause(RECONNECT_MS)) {
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
