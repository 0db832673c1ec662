import { useQuery } from '@tanstack/react-query';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import type { components } from '../generated/api.js';

export type Product = components['schemas']['Product'];

/** Stock changes with every order of anybody. */
const EVERY_MS = 4_000;

async function allProducts(signal: AbortSignal): Promise<Product[]> {
  const found: Product[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: 100, ...(cursor !== undefined && { cursor }) };
    const { data } = await ask(() => api.GET('/products', { params: { query }, signal }), { signal });
    found.push(...data.items);
    cursor = data.next;
  } while (cursor !== undefined);
  return found;
}

/** All products, with prices and stock as they are now. */
export const useProducts = (): Product[] | undefined =>
  useQuery({ queryKey: ['products'], queryFn: ({ signal }) => allProducts(signal), refetchInterval: EVERY_MS }).data;
