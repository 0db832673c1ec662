import { useEffect, useSyncExternalStore } from 'react';
import type { Problem } from '../api/problem.js';
import { Store, useStore } from '../api/store.js';
import { useStream } from '../api/use-stream.js';
import { emptyHistory, remember, type History } from './history.js';
import type { QueueNow, ServiceNow, Snapshot } from './snapshot.js';

export interface Feed {
  snapshot: Snapshot | undefined;
  history: History;
  /** Whether snapshots arrive now. */
  isLive: boolean;
  /** Why the gateway refuses to say how it is. */
  problem?: Problem | undefined;
}

/** The system as the gateway says it is, once a second, and its last minutes. */
export const feed = new Store<Feed>({ snapshot: undefined, history: emptyHistory, isLive: false });

export const useFeed = (): Feed => useStore(feed);
/** A value made of the latest snapshot. Its component is drawn again only when the value changes: no object, therefore. */
export const useOfSnapshot = <T extends string | number>(of: (snapshot: Snapshot) => T, otherwise: T): T =>
  useSyncExternalStore(feed.follow, () => {
    const { snapshot } = feed.get();
    return snapshot ? of(snapshot) : otherwise;
  });

export const useQueue = (name: string): QueueNow | undefined =>
  useFeed().snapshot?.queues.find(({ queue }) => queue === name);
export const useService = (name: string): ServiceNow | undefined =>
  useFeed().snapshot?.services.find(({ service }) => service === name);

/** Follows the system while the view is open. The last minutes stay when it is left. */
export function useFollowing(): void {
  const { streaming, problem } = useStream('/ops/stream', {
    onEvent: ({ event, data }) => event === 'snapshot' && seen(JSON.parse(data) as Snapshot),
  });
  const isLive = streaming === 'live' || streaming === 'connecting';
  useEffect(() => feed.set({ ...feed.get(), isLive, problem }), [isLive, problem]);
}

function seen(snapshot: Snapshot): void {
  const { history, ...rest } = feed.get();
  feed.set({ ...rest, snapshot, history: remember(history, snapshot) });
}
