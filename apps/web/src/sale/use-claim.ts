import { useCallback, useEffect, useState } from 'react';
import { ask } from '../api/ask.js';
import { api } from '../api/client.js';
import { follow } from '../api/follow.js';
import { kept } from '../api/kept.js';
import { pause } from '../api/pause.js';
import { isProblem } from '../api/problem.js';
import type { Address } from '../shop/cart.js';
import { moved, streamOf, type Claim, type ClaimView } from './claim.js';
import type { Sale } from './sales.js';

/** Between two tries of a claim that came a moment before the sale opened. Milliseconds. */
const EARLY_MS = 300;
/** How often a win is read: that it has expired comes by no stream. Milliseconds. */
const WIN_EVERY_MS = 2_000;

interface OwnClaim {
  claim: Claim | undefined;
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
  useResult(sale.id, claim, see);
  return { claim, join: async (address) => set(await getInLine(sale, address)) };
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

/** Follows a claim to its result, and a win until it is paid or expired. */
function useResult(saleId: string, claim: Claim | undefined, see: (view: ClaimView) => void): void {
  const { location, ticket, view } = claim ?? {};
  const status = view?.status;
  useEffect(() => {
    if (location === undefined || ticket === undefined || status === 'expired') return;
    const abort = new AbortController();
    const { signal } = abort;
    const work =
      status === 'won'
        ? readWin(saleId, ticket, see, signal)
        : follow(streamOf(location), {
            signal,
            alsoHidden: true,
            onEvent: ({ data }) => see(JSON.parse(data) as ClaimView),
          });
    work.catch(() => {});
    return () => abort.abort();
  }, [saleId, location, ticket, status, see]);
}

async function readWin(saleId: string, ticket: string, see: (view: ClaimView) => void, signal: AbortSignal) {
  const params = { path: { id: saleId, ticket } };
  for (;;) {
    const { data } = await ask(() => api.GET('/flash-sales/{id}/claims/{ticket}', { params, signal }), { signal });
    if (data.status !== 'won') return see(data);
    await pause(WIN_EVERY_MS, signal);
  }
}
