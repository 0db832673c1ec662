import { useQuery, useQueryClient } from '@tanstack/react-query';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { isProblem } from '../api/problem.js';
import { useStream } from '../api/use-stream.js';
import type { components } from '../generated/api.js';

export type Sale = components['schemas']['FlashSale'];

/** How often the list is read: it has no stream. Milliseconds. */
const LIST_EVERY_MS = 3_000;
/** How often a sale is read whose stream is not connected. Milliseconds. */
const EVERY_MS = 3_000;

export const useSales = (): Sale[] | undefined =>
  useQuery({
    queryKey: ['sales'],
    queryFn: async ({ signal }) => {
      const query = { limit: 50 };
      return (await ask(() => api.GET('/flash-sales', { params: { query }, signal }), { signal })).data.items;
    },
    refetchInterval: LIST_EVERY_MS,
  }).data;

/** A sale, live: it opens, sells out and reopens without a reload. */
export function useSale(id: string): { sale: Sale | undefined; isMissing: boolean } {
  const queries = useQueryClient();
  const { streaming } = useStream(`/flash-sales/${id}/stream`, {
    onEvent: ({ event, data }) => event === 'sale' && queries.setQueryData(['sale', id], JSON.parse(data) as Sale),
  });
  const { data, error } = useQuery({
    queryKey: ['sale', id],
    queryFn: async ({ signal }) =>
      (await ask(() => api.GET('/flash-sales/{id}', { params: { path: { id } }, signal }), { signal })).data,
    refetchInterval: ({ state }) => streaming === 'off' && state.data?.state !== 'closed' && EVERY_MS,
  });
  return { sale: data, isMissing: data === undefined && isProblem(error, 404) };
}
