import { Inject, Injectable } from '@nestjs/common';
import type { Data, FindDecidedClaims, GetClaim, GetSale, ListSales, Reply, SeenSale } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { databaseTime, newestFirst } from '@sluice/persistence';
import { Pool } from 'pg';
import { resultOf } from './claim.js';
import { PrismaClient, type Sale as Row } from './generated/prisma/client.js';
import { tick } from './sale.js';
import { saleView } from './sale.view.js';
import type { Claim, Sale } from './tables.js';

const listing = newestFirst('createdAt');

/** Excludes placeholder rows that only hold a lock. */
const REAL = { version: { gt: 0 } };
/** Sales that the public may see: their pieces are allotted. */
const SHOWN = { ...REAL, state: { notIn: ['preparing', 'refused'] } };

/** As `resultOf` decides (claim.ts). */
const DECIDED = `
  SELECT sale_id AS "saleId", user_id AS "userId", ticket.round
  FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS ticket (sale_id, user_id, round) JOIN claims USING (sale_id, user_id)
  WHERE version > 0 AND (claims.round >= ticket.round OR won_round = ticket.round)`;

/** Reads sales and tickets as they are at this moment. */
@Injectable()
export class SaleQueries {
  constructor(
    private readonly pool: Pool,
    @Inject(PrismaClient) private readonly prisma: PrismaClient,
  ) {}

  /** @throws ProblemError 404 no such sale, or one that is not public */
  async sale({ saleId, anyState }: Data<typeof GetSale>): Promise<Reply<typeof GetSale>> {
    const row = await this.prisma.sale.findFirst({ where: { id: saleId, ...(anyState ? REAL : SHOWN) } });
    if (!row) throw ProblemError.of(404, 'Sale not found');
    return viewOf(row, await databaseTime(this.pool));
  }

  /** Newest first. @throws ProblemError 422 not a cursor of this listing */
  async list({ cursor, limit }: Data<typeof ListSales>): Promise<Reply<typeof ListSales>> {
    const found = await this.prisma.sale.findMany({
      where: { ...SHOWN, ...listing.after(cursor) },
      orderBy: listing.orderBy,
      take: listing.take(limit),
    });
    const { rows, ...next } = listing.page(found, limit);
    const now = await databaseTime(this.pool);
    return { items: rows.map((row) => viewOf(row, now)), ...next };
  }

  async ticket({ saleId, userId, round }: Data<typeof GetClaim>): Promise<Reply<typeof GetClaim>> {
    const row = await this.prisma.claim.findFirst({ where: { saleId, userId, ...REAL } });
    return resultOf((row as Claim | null) ?? undefined, round);
  }

  async decided({ tickets }: Data<typeof FindDecidedClaims>): Promise<Reply<typeof FindDecidedClaims>> {
    const { rows } = await this.pool.query<Reply<typeof FindDecidedClaims>['decided'][number]>(DECIDED, [
      tickets.map(({ saleId }) => saleId),
      tickets.map(({ userId }) => userId),
      tickets.map(({ round }) => round),
    ]);
    return { decided: rows };
  }
}

/** Applies the clock to the stored row. */
const viewOf = (row: Row, now: Date): SeenSale => ({ ...saleView(tick(saleOf(row), now).sale), at: now.toISOString() });

/** The cast is safe: the table's check guarantees a complete row for every version above 0. */
const saleOf = (row: Row): Sale => ({ ...row, amount: Number(row.amount) }) as Sale;
