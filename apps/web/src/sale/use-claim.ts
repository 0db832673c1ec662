import { useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { kept } from '../api/kept.js';
import { pause } from '../api/pause.js';
import { isProblem, type Problem } from '../api/problem.js';
import { useStream } from '../api/use-stream.js';
import type { Address } from '../shop/cart.js';
import { moved, streamOf, type Claim, type ClaimView } from './claim.js';
import type { Sale } from './sales.js';

/** Between two tries of a claim that came a moment before the sale opened. Milliseconds. */
const EARLY_MS = 300;
/** How often a claim is read of which no event comes. That a win has expired comes by no stream. Milliseconds. */
const EVERY_MS = 2_000;

interface OwnClaim {
  claim: Claim | undefined;
  /** Why nothing is known of what becomes of the claim. */
  problem: Problem | undefined;
  join: (address: Address) => Promise<void>;
}

/** The claim of a person on a sale, kept in this tab, so that a reload keeps the place in line. */
export function useClaim(sale: Sale, userId: string): OwnClaim {
  const [store] = useState(() => kept<Claim | null>(`claim.${sale.id}.${userId}`, null, sessionStorage));
  const [claim, setClaim] = useState(() => store.read() ?? undefined);
  const set = useCallback(
    (next: Claim): void => {
      store.write(next);
      setClaim(next);
    },
    [store],
  );
  const see = useCallback(
    (view: ClaimView): void => {
      const before = store.read();
      if (before) set(moved(before, view));
    },
    [set, store],
  );
  const problem = useResult(sale.id, claim, see);
  return { claim, problem, join: async (address) => set(await getInLine(sale, address)) };
}

/** Gets in line. A full line asks to come again, which `ask` does: the ticket is the same each time. */
async function getInLine(sale: Sale, address: Address): Promise<Claim> {
  const params = { path: { id: sale.id } };
  for (;;) {
    try {
      const { data, response } = await ask(() => api.POST('/flash-sales/{id}/claims', { params, body: { address } }));
      const { ticket, ...view } = data;
      const location = response.headers.get('location') ?? `/flash-sales/${sale.id}/claims/${ticket}`;
      return moved({ ticket, location, round: sale.round, view: { status: 'waiting' } }, view);
    } catch (error) {
      if (!isProblem(error, 425)) throw error;
      await pause(EARLY_MS);
    }
  }
}

/** Follows a claim to its result, and a win until it is expired; reads it while its stream is not connected. */
function useResult(saleId: string, claim: Claim | undefined, see: (view: ClaimView) => void): Problem | undefined {
  const status = claim?.view.status;
  const isWaiting = status === 'waiting';
  const { streaming } = useStream(isWaiting ? streamOf(claim!.location) : undefined, {
    alsoHidden: true,
    onEvent: ({ data }) => see(JSON.parse(data) as ClaimView),
  });
  const ticket = claim?.ticket ?? '';
  const { error } = useQuery({
    queryKey: ['claim', saleId, ticket],
    queryFn: async ({ signal }) => {
      const params = { path: { id: saleId, ticket } };
      const { data } = await ask(() => api.GET('/flash-sales/{id}/claims/{ticket}', { params, signal }), { signal });
      see(data);
      return data;
    },
    enabled: status === 'won' || (isWaiting && streaming === 'off'),
    refetchInterval: EVERY_MS,
    refetchIntervalInBackground: isWaiting,
  });
  return isProblem(error) ? error : undefined;
}
