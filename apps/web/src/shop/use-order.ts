import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { follow } from '../api/follow.js';
import { pause } from '../api/pause.js';
import { isProblem } from '../api/problem.js';
import { awaitsRefund, type Order, type OrderEvent, type SeenOrder } from './order.js';

/** How often an order is read of which no event is expected. Milliseconds. */
const EVERY_MS = 2_000;

const params = (id: string) => ({ path: { id } });
const seen = (order: Order): SeenOrder => ({ order, saidAt: performance.now() });

export interface FollowedOrder {
  seen: SeenOrder | undefined;
  /** There is no such order; for one that was accepted: not yet. */
  isMissing: boolean;
  /** Whether changes arrive as they happen. */
  isLive: boolean;
}

/** An order, live. @param isAccepted it waits in a queue, and appears once it is placed */
export function useOrder(id: string, isAccepted: boolean): FollowedOrder {
  const { data, error } = useQuery({
    queryKey: ['order', id],
    queryFn: async ({ signal }) =>
      seen((await ask(() => api.GET('/orders/{id}', { params: params(id), signal }), { signal })).data),
    refetchInterval: ({ state }) => (state.data ? awaitsRefund(state.data.order) && EVERY_MS : isAccepted && EVERY_MS),
    refetchOnWindowFocus: false,
  });
  const isLive = useEvents(id, isAccepted);
  return { seen: data, isMissing: data === undefined && isProblem(error, 404), isLive };
}

/** Keeps the order as its stream says it is. @returns whether the stream is connected */
function useEvents(id: string, isAccepted: boolean): boolean {
  const queries = useQueryClient();
  const [isLive, setLive] = useState(false);
  useEffect(() => {
    const abort = new AbortController();
    const onEvent = ({ event, data }: { event: string; data: string }): void => {
      if (event !== 'order') return;
      queries.setQueryData(['order', id], seen(JSON.parse(data) as Order));
      void queries.invalidateQueries({ queryKey: ['timeline', id] });
    };
    void followPlaced(`/orders/${id}/stream`, isAccepted, { signal: abort.signal, onEvent, onConnected: setLive })
      .then(() => setLive(true))
      .catch(() => setLive(false));
    return () => abort.abort();
  }, [id, isAccepted, queries]);
  return isLive;
}

/** Waits for an order that is accepted and not placed yet: until then its stream does not exist. */
async function followPlaced(path: string, isAccepted: boolean, following: Parameters<typeof follow>[1]): Promise<void> {
  for (;;) {
    try {
      return await follow(path, following);
    } catch (error) {
      if (!isAccepted || !isProblem(error, 404)) throw error;
      await pause(EVERY_MS, following.signal);
    }
  }
}

export const useTimeline = (id: string): OrderEvent[] | undefined =>
  useQuery({
    queryKey: ['timeline', id],
    queryFn: async ({ signal }) =>
      (await ask(() => api.GET('/orders/{id}/timeline', { params: params(id), signal }), { signal })).data.events,
  }).data;
