import { randomUUID } from 'node:crypto';
import type { ClaimResult, Sale } from '@sluice/contracts';
import { eventually, type System } from '@sluice/testing';
import { expect } from 'vitest';
import { inParallel, type Shop } from './shop.js';

export interface Claimant {
  id: string;
  token: string;
}

export interface Outcome {
  claimant: Claimant;
  /** Status of each attempt. */
  answers: number[];
  /** Path of the ticket of an accepted claim. */
  ticket?: string;
}

export const claimants = (system: System, count: number): Promise<Claimant[]> =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const id = randomUUID();
      return { id, token: await system.tokenOf(id) };
    }),
  );

/** Opens a sale that is open at once; resolves when the gateway lists it as open. */
export async function openSale(
  shop: Shop,
  admin: string,
  { forMs = 600_000, ...sale }: { sku: string; quantity: number; payWithinSeconds: number; forMs?: number },
): Promise<string> {
  const created = await shop.createSale(admin, { ...sale, forMs });
  expect(created).toMatchObject({ quantity: sale.quantity });
  await eventually(async () => expect(await saleOf(shop, created.id)).toMatchObject({ state: 'open' }));
  return created.id;
}

export const saleOf = async (shop: Shop, id: string): Promise<Sale> => (await shop.getSale(id)).body;

/** Claims until the claim is accepted (202) or refused for good (410); repeats after any other status. */
export async function claim(shop: Shop, saleId: string, claimant: Claimant): Promise<Outcome> {
  const answers: number[] = [];
  const ticket = await eventually(
    async () => {
      const { status, headers } = await shop
        .claim(claimant.token, saleId)
        .catch(() => ({ status: 0, headers: new Headers() }));
      answers.push(status);
      if (status !== 202 && status !== 410) throw new Error(`the claim was answered with ${status}`);
      return headers.get('location') ?? undefined;
    },
    { withinMs: 120_000 },
  );
  return { claimant, answers, ...(ticket && { ticket }) };
}

export const claimAll = (shop: Shop, saleId: string, all: Claimant[], width: number): Promise<Outcome[]> =>
  inParallel(all.length, width, (i) => claim(shop, saleId, all[i]!));

export const ticketOf = async (shop: Shop, { ticket, claimant }: Outcome): Promise<ClaimResult> =>
  (await shop.getClaim(claimant.token, ticket!)).body;

/** Results of all accepted claims; throws while one is waiting. */
export const results = (shop: Shop, accepted: Outcome[], width: number): Promise<ClaimResult[]> =>
  inParallel(accepted.length, width, (i) =>
    eventually(
      async () => {
        const result = await ticketOf(shop, accepted[i]!);
        expect(result.status).toMatch(/^(won|lost|expired)$/);
        return result;
      },
      { withinMs: 120_000 },
    ),
  );

/**
 * Polls the sale's row. The returned function stops it and asserts that it polled often and that the sums were right
 * each time.
 */
export function watchSums(system: System, saleId: string): () => Promise<void> {
  const wrong: object[] = [];
  let polls = 0;
  const poll = async (): Promise<void> => {
    const { rows } = await system.databases['flash-sale'].pool.query<
      Record<'quantity' | 'remaining' | 'held' | 'sold', number>
    >('SELECT quantity, remaining, held, sold FROM sales WHERE id = $1', [saleId]);
    polls += rows.length;
    for (const row of rows)
      if (
        Number(row.quantity) !== Number(row.remaining) + Number(row.held) + Number(row.sold) ||
        Math.min(row.remaining, row.held, row.sold) < 0
      )
        wrong.push(row);
  };
  // A query that a test has interrupted does not count.
  let polling = poll().catch(() => undefined);
  const timer = setInterval(() => {
    polling = polling.then(poll).catch(() => undefined);
  }, 50);
  return async () => {
    clearInterval(timer);
    await polling;
    expect(polls).toBeGreaterThan(10);
    expect(wrong).toEqual([]);
  };
}
