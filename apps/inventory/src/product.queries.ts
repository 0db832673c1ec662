import { Inject, Injectable } from '@nestjs/common';
import {
  type Data,
  type GetPrices,
  type ListProducts,
  type ProductVersion,
  type Reply,
  Sku,
  type VersionedProduct,
} from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { PrismaClient, type Product as StoredProduct } from './generated/prisma/client.js';

/** Reads the products as customers see them. */
@Injectable()
export class ProductQueries {
  constructor(@Inject(PrismaClient) private readonly prisma: PrismaClient) {}

  /** @throws ProblemError 404 */
  async product(sku: string): Promise<VersionedProduct> {
    const [product] = await this.#products({ equals: sku }, 1);
    if (!product) throw ProblemError.of(404, 'No such product', `There is no product ${sku}.`);
    return product;
  }

  /**
   * Sorted by SKU; the cursor is the last SKU of the page before. @throws ProblemError 422 not a cursor of this
   * listing
   */
  async list({ cursor, limit }: Data<typeof ListProducts>): Promise<Reply<typeof ListProducts>> {
    if (cursor !== undefined && !Sku.safeParse(cursor).success)
      throw ProblemError.of(422, 'Invalid cursor', 'The cursor must come from the page before.');
    const found = await this.#products({ gt: cursor ?? '' }, limit + 1);
    const items = found.slice(0, limit);
    return { items, ...(found.length > limit && { next: items.at(-1)!.sku }) };
  }

  /** Returns those of the SKUs that are products, without their stock, which would cost a second query. */
  async prices({ skus }: Data<typeof GetPrices>): Promise<Reply<typeof GetPrices>> {
    const products = await this.prisma.product.findMany({ where: { sku: { in: skus }, version: { gt: 0 } } });
    return { items: products.map(versionOf) };
  }

  async #products(sku: { equals: string } | { gt: string }, take: number): Promise<VersionedProduct[]> {
    const products = await this.prisma.product.findMany({
      where: { sku, version: { gt: 0 } },
      orderBy: { sku: 'asc' },
      take,
    });
    const shelves = await this.prisma.stock.groupBy({
      by: ['sku'],
      where: { sku: { in: products.map((product) => product.sku) } },
      _sum: { onHand: true },
    });
    const available = new Map(shelves.map((shelf) => [shelf.sku, Number(shelf._sum.onHand)]));
    return products.map((product) => ({ ...versionOf(product), available: available.get(product.sku) ?? 0 }));
  }
}

/** The row is complete: the table's check guarantees this for every version above 0. */
const versionOf = ({ sku, name, priceAmount, priceCurrency, version }: StoredProduct): ProductVersion => ({
  sku,
  name: name!,
  price: { amount: Number(priceAmount), currency: priceCurrency! },
  version,
});
