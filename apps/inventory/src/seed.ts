import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type Contract, type Data, type Message, PutProduct, ReceiveStock, WAREHOUSES } from '@sluice/contracts';
import { CONFIG } from '@sluice/service-kit';
import { v5 } from 'uuid';
import type { InventoryConfig } from './config.js';
import { productKeys, putProduct } from './product.js';
import { ProductRepository } from './product.repository.js';
import { receiptKeys, receiveStock } from './receipt.js';
import { SEEDED_PRODUCTS } from './seed.data.js';
import { StockRepository } from './stock.repository.js';

/** The namespace of the seed's message ids (RFC 9562, version 5). */
const SEED = '6f0f6e0b-7d0f-4e0c-9b7e-2f0c4a3f5b11';

/**
 * Stocks the shelves of a development system, by ordinary messages. Their ids are fixed, so the inbox handles each
 * once, however often and however many processes start.
 */
@Injectable()
export class Seed implements OnApplicationBootstrap {
  constructor(
    @Inject(CONFIG) private readonly config: InventoryConfig,
    private readonly products: ProductRepository,
    private readonly stock: StockRepository,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.DEV_SEED) return;
    await Promise.all(products().map((product) => this.#put(product)));
    await Promise.all(receipts().map((receipt) => this.#receive(receipt)));
  }

  #put(product: Data<typeof PutProduct>) {
    const message = seeded(PutProduct, product.sku, product);
    return this.products.change(message, productKeys(product), (state) => putProduct(state, product));
  }

  #receive(receipt: Data<typeof ReceiveStock>) {
    const message = seeded(ReceiveStock, `${receipt.sku}/${receipt.warehouse}`, receipt);
    return this.stock.change(message, receiptKeys(receipt), (state) => receiveStock(state, receipt));
  }
}

const products = (): Data<typeof PutProduct>[] =>
  SEEDED_PRODUCTS.map(({ sku, name, price }) => ({ sku, name, price: { amount: price, currency: 'USD' } }));

const receipts = (): Data<typeof ReceiveStock>[] =>
  SEEDED_PRODUCTS.flatMap((product) =>
    WAREHOUSES.filter((warehouse) => product[warehouse] > 0).map((warehouse) => ({
      sku: product.sku,
      warehouse,
      quantity: product[warehouse],
      reference: `seed-${warehouse}`,
    })),
  );

function seeded<C extends Contract>(contract: C, name: string, data: Data<C>): Message<C> {
  const { type, version } = contract;
  return {
    id: v5(`${type}/${name}`, SEED),
    type,
    version,
    correlationId: 'seed',
    time: new Date().toISOString(),
    data,
  };
}
