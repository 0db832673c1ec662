import type { Address } from '@sluice/contracts';
import type { NewSale } from '../sale.js';
import type { Decision, State } from '../tables.js';

export const ADDRESS: Address = {
  name: 'Ada Byron',
  street: '12 Analytical Row',
  city: 'London',
  postcode: 'N1 7AA',
  country: 'GB',
};
export const PRICE = { amount: 500, currency: 'EUR' };
export const NOON = new Date('2026-11-22T12:00:00.000Z');

export const after = (ms: number, start = NOON): Date => new Date(start.getTime() + ms);

/** Limits of a sale's times. */
export const BOUNDS = { SALE_LONGEST_DAYS: 30, SALE_AHEAD_DAYS: 366 };

/** Opens a minute after noon, for an hour. */
export const newSale = (change: Partial<NewSale> = {}): NewSale => ({
  saleId: '0193f000-0000-7000-8000-00000000000a',
  sku: 'TEE',
  price: PRICE,
  quantity: 2,
  opensAt: after(60_000).toISOString(),
  closesAt: after(3_660_000).toISOString(),
  payWithinSeconds: 60,
  perUser: 1,
  ...change,
});

export const nothing: State = { sales: {}, claims: {} };

/** The state after a decision. */
export const afterwards = (state: State, { state: changes = {} }: Decision<unknown>): State => ({
  sales: { ...state.sales, ...changes.sales },
  claims: { ...state.claims, ...changes.claims },
});

/** Types and data of the messages of a decision. */
export const sentBy = ({ messages = [] }: Decision<unknown>): { type: string; [field: string]: unknown }[] =>
  messages.map(({ contract, data }) => ({ type: contract.type, ...(data as Record<string, unknown>) }));
