import { useQuery } from '@tanstack/react-query';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { isProblem } from '../api/problem.js';
import type { components } from '../generated/api.js';

export type Sale = components['schemas']['FlashSale'];

/** A sale has no public stream: it is read, so that it opens, sells out and reopens without a reload. Milliseconds. */
const EVERY_MS = 1_500;

export const useSales = (): Sale[] | undefined =>
  useQuery({
    queryKey: ['sales'],
    queryFn: async ({ signal }) => {
      const query = { limit: 50 };
      return (await ask(() => api.GET('/flash-sales', { params: { query }, signal }), { signal })).data.items;
    },
    refetchInterval: EVERY_MS * 2,
  }).data;

export function useSale(id: string): { sale: Sale | undefined; isMissing: boolean } {
  const { data, error } = useQuery({
    queryKey: ['sale', id],
    queryFn: async ({ signal }) =>
      (await ask(() => api.GET('/flash-sales/{id}', { params: { path: { id } }, signal }), { signal })).data,
    refetchInterval: ({ state }) => (state.data?.state === 'closed' ? false : EVERY_MS),
  });
  return { sale: data, isMissing: data === undefined && isProblem(error, 404) };
}
