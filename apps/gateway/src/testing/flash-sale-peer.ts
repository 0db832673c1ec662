import { Controller } from '@nestjs/common';
import {
  ClaimPiece,
  CloseSale,
  CreateSale,
  FindDecidedClaims,
  GetClaim,
  GetSale,
  ListSales,
  Sale,
  type ClaimResult,
  type Data,
  type Message,
  type Reply,
} from '@sluice/contracts';
import { On, ProblemError } from '@sluice/messaging';

const PRICE = { amount: 100, currency: 'EUR' };

export const fromNow = (ms: number): string => new Date(Date.now() + ms).toISOString();

/** An open sale, with the given changes. */
export const saleOf = (change: Partial<Sale> & { id: string }): Sale => ({
  ...{ sku: 'TEA', price: PRICE, state: 'open', round: 1, quantity: 5, remaining: 5, held: 0, sold: 0, version: 2 },
  ...{ opensAt: fromNow(-60_000), closesAt: fromNow(600_000), payWithinSeconds: 60 },
  ...change,
});

/** Fake flash-sale service on the real broker: returns what a test has set, and decides nothing. */
@Controller()
export class FlashSalePeer {
  /** Newest last. */
  readonly sales = new Map<string, Sale>();
  readonly results = new Map<string, ClaimResult>();
  readonly claims: Message<typeof ClaimPiece>[] = [];
  /** Sales that were read one by one. */
  readonly lookups: string[] = [];
  /** Sales that CloseSale was received for. */
  readonly closed: string[] = [];
  lists = 0;
  /** Number of GetClaim requests. */
  tickets = 0;
  /** Number of FindDecidedClaims requests. */
  checks = 0;
  /** State that a new sale gets at its second read. */
  outcome: Sale['state'] = 'scheduled';

  /** Changes a sale as the service's own rules would. @returns the data of the fact about it */
  change(change: Partial<Sale> & { id: string }): Sale {
    const previous = this.sales.get(change.id);
    const sale = previous ? { ...previous, version: previous.version + 1, ...change } : saleOf(change);
    this.sales.set(sale.id, sale);
    return sale;
  }

  @On(ClaimPiece, { queue: 'claims' })
  async claim(message: Message<typeof ClaimPiece>): Promise<void> {
    this.claims.push(message);
  }

  @On(CreateSale)
  async create({ data: { saleId: id, ...sale } }: Message<typeof CreateSale>): Promise<Sale> {
    if (sale.sku === 'TAKEN') throw ProblemError.of(409, 'Another sale has this id');
    return (
      this.sales.get(id) ??
      this.change(
        Sale.parse({
          ...sale,
          id,
          state: 'preparing',
          round: 0,
          remaining: sale.quantity,
          held: 0,
          sold: 0,
          version: 1,
        }),
      )
    );
  }

  @On(CloseSale)
  async close({ data: { saleId: id } }: Message<typeof CloseSale>): Promise<Sale> {
    const sale = this.sales.get(id);
    this.closed.push(id);
    if (!sale) throw ProblemError.of(404, 'Sale not found');
    if (sale.state === 'preparing' || sale.state === 'closed') return sale;
    return this.change({ id, state: 'closed', closedAt: new Date().toISOString() });
  }

  @On(GetSale)
  async sale({ data: { saleId, anyState } }: Message<typeof GetSale>): Promise<Sale> {
    this.lookups.push(saleId);
    const sale = this.sales.get(saleId);
    if (!sale || (!anyState && isHidden(sale))) throw ProblemError.of(404, 'Sale not found');
    if (sale.state === 'preparing') this.change({ id: saleId, state: this.outcome });
    return sale;
  }

  @On(ListSales)
  async list({ data: { cursor = '0', limit } }: Message<typeof ListSales>): Promise<Reply<typeof ListSales>> {
    this.lists += 1;
    const shown = [...this.sales.values()].filter((sale) => !isHidden(sale)).reverse();
    const end = Number(cursor) + limit;
    return { items: shown.slice(Number(cursor), end), ...(end < shown.length && { next: String(end) }) };
  }

  @On(GetClaim)
  async ticket({ data }: Message<typeof GetClaim>): Promise<ClaimResult> {
    this.tickets += 1;
    return this.results.get(ticketKey(data)) ?? { status: 'waiting' };
  }

  @On(FindDecidedClaims)
  async decided({ data: { tickets } }: Message<typeof FindDecidedClaims>): Promise<Reply<typeof FindDecidedClaims>> {
    this.checks += 1;
    return {
      decided: tickets.filter((ticket) => (this.results.get(ticketKey(ticket))?.status ?? 'waiting') !== 'waiting'),
    };
  }
}

export const ticketKey = ({ saleId, userId, round }: Data<typeof GetClaim>): string => `${saleId}/${userId}/${round}`;

const isHidden = ({ state }: Sale): boolean => state === 'preparing' || state === 'refused';
