import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CreateSale, GetProduct, GetSale, type NewSale, type Sale } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import type { z } from 'zod';
import type { GatewayConfig } from '../config.js';
import { PENDING, Rpc } from '../rpc.js';
import { Sales } from './sales.js';

/** Interval of polling while a person waits; inventory takes some tens of milliseconds. Milliseconds. */
const POLL_MS = 100;

type Request = z.output<typeof NewSale>;

/** Opens sales. */
@Injectable()
export class SaleCreation {
  constructor(
    private readonly rpc: Rpc,
    private readonly sales: Sales,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  /**
   * Waits until stock is allotted, at most as long as an HTTP caller waits; `PENDING`: the allotment is still under
   * way.
   * @param ids the sale's id, and further ids to use when the sale with this one was refused before
   * @throws ProblemError 409 not enough stock, or another sale has this id; 422 in another currency than the product;
   * every problem of flash-sale
   */
  async create(ids: readonly string[], request: Request): Promise<{ id: string; sale: Sale | typeof PENDING }> {
    const deadline = performance.now() + this.config.REPLY_TIMEOUT_MS;
    const { id, ...first } = await this.#request(ids, request);
    let answer = first.answer;
    while (answer !== PENDING && answer.state === 'preparing') {
      await pause(POLL_MS);
      answer = await this.#read(id, deadline - performance.now());
    }
    if (answer === PENDING) return { id, sale: PENDING };
    if (answer.state === 'refused') throw await this.#refusal(request);
    this.sales.remember(answer);
    return { id, sale: answer };
  }

  /** A new sale is returned as `preparing`; one returned as refused was refused before, so the next id is tried. */
  async #request(ids: readonly string[], request: Request): Promise<{ id: string; answer: Sale | typeof PENDING }> {
    const [id, ...others] = ids;
    const answer = await this.rpc.requestOrPending(CreateSale, { saleId: id!, ...request });
    if (answer === PENDING || answer.state !== 'refused' || others.length === 0) return { id: id!, answer };
    return this.#request(others, request);
  }

  /** Finds out why inventory refused the sale: the currency of the product, or its stock. */
  async #refusal({ sku, quantity, price: { currency } }: z.output<typeof NewSale>): Promise<ProblemError> {
    const product = await this.rpc.request(GetProduct, { sku }).catch(() => undefined);
    if (!product || product.price.currency === currency)
      return ProblemError.of(409, 'Not enough stock', `Inventory does not have ${quantity} of ${sku} to allot.`);
    return ProblemError.of(422, 'Not valid', undefined, {
      errors: [{ path: 'price.currency', message: `the product is sold in ${product.price.currency}` }],
    });
  }

  async #read(saleId: string, timeoutMs: number): Promise<Sale | typeof PENDING> {
    if (timeoutMs <= 0) return PENDING;
    return this.rpc.requestOrPending(GetSale, { saleId, anyState: true }, timeoutMs).catch((error: unknown) => {
      if (error instanceof ProblemError && error.problem.status >= 500) return PENDING;
      throw error;
    });
  }
}
