import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type Data, type ListProducts, type Product, type Reply, Sku } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { PrismaClient } from './generated/prisma/client.js';

/** The products as customers see them. */
@Injectable()
export class Catalogue implements OnModuleDestroy {
  readonly #prisma: PrismaClient;

  constructor(pool: Pool) {
    this.#prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  }

  async onModuleDestroy(): Promise<void> {
    await this.#prisma.$disconnect();
  }

  /** @throws ProblemError 404 */
  async product(sku: string): Promise<Product> {
    const [product] = await this.#products({ equals: sku }, 1);
    if (!product) throw ProblemError.of(404, 'No such product', `There is no product ${sku}.`);
    return product;
  }

  /** By SKU; the cursor is the last SKU of the page before. @throws ProblemError 422 for a cursor that is none of ours */
  async page({ cursor, limit }: Data<typeof ListProducts>): Promise<Reply<typeof ListProducts>> {
    if (cursor !== undefined && !Sku.safeParse(cursor).success) throw ProblemError.of(422, 'Invalid cursor', 'The cursor must come from the page before.');
    const found = await this.#products({ gt: cursor ?? '' }, limit + 1);
    const items = found.slice(0, limit);
    return { items, ...(found.length > limit && { next: items.at(-1)!.sku }) };
  }

  async #products(sku: { equals: string } | { gt: string }, take: number): Promise<Product[]> {
    const products = await this.#prisma.product.findMany({ where: { sku, version: { gt: 0 } }, orderBy: { sku: 'asc' }, take });
    const shelves = await this.#prisma.stock.groupBy({ by: ['sku'], where: { sku: { in: products.map((product) => product.sku) } }, _sum: { onHand: true } });
    const available = new Map(shelves.map((shelf) => [shelf.sku, Number(shelf._sum.onHand)]));
    return products.map((product) => ({
      sku: product.sku,
      name: product.name!,
      price: { amount: Number(product.priceAmount), currency: product.priceCurrency! },
      available: available.get(product.sku) ?? 0,
    }));
  }
}
