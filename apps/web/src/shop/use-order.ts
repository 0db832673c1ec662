import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { isProblem } from '../api/problem.js';
import { useStream } from '../api/use-stream.js';
import { awaitsRefund, hasEnded, type Order, type OrderEvent, type SeenOrder } from './order.js';

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
  const queries = useQueryClient();
  const { streaming } = useStream(`/orders/${id}/stream`, {
    isExpected: isAccepted,
    onEvent: ({ event, data }) => {
      if (event !== 'order') return;
      queries.setQueryData(['order', id], seen(JSON.parse(data) as Order));
      void queries.invalidateQueries({ queryKey: ['timeline', id] });
    },
  });
  const { data, error } = useQuery({
    queryKey: ['order', id],
    queryFn: async ({ signal }) =>
      seen((await ask(() => api.GET('/orders/{id}', { params: params(id), signal }), { signal })).data),
    refetchInterval: ({ state: { data: known } }) => {
      const isAwaited = known ? awaitsRefund(known.order) : isAccepted;
      const isUnheard = streaming === 'off' && known !== undefined && !hasEnded(known.order);
      return (isAwaited || isUnheard) && EVERY_MS;
    },
    refetchOnWindowFocus: false,
  });
  return { seen: data, isMissing: data === undefined && isProblem(error, 404), isLive: streaming === 'live' };
}

export const useTimeline = (id: string): OrderEvent[] | undefined =>
  useQuery({
    queryKey: ['timeline', id],
    queryFn: async ({ signal }) =>
      (await ask(() => api.GET('/orders/{id}/timeline', { params: params(id), signal }), { signal })).data.events,
  }).data;
