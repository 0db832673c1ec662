import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CreateSale, GetProduct, GetSale, type NewSale, type Sale } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import type { z } from 'zod';
import type { GatewayConfig } from '../config.js';
import { LATE, Rpc } from '../rpc.js';
import { Sales } from './sales.js';

/** A person waits for it; inventory takes some tens. Milliseconds. */
const LOOK_EVERY_MS = 100;

/** Opens sales. */
@Injectable()
export class NewSales {
  constructor(
    private readonly rpc: Rpc,
    private readonly sales: Sales,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  /**
   * Waits until its pieces are allotted, for as long as a caller is kept waiting; `LATE`: that is still to come.
   * @throws ProblemError 409 not enough stock, or another sale has this id; 422 in another currency than the product; what else flash-sale says
   */
  async create(saleId: string, request: z.output<typeof NewSale>): Promise<Sale | typeof LATE> {
    const deadline = performance.now() + this.config.REPLY_TIMEOUT_MS;
    let answer = await this.rpc.tell(CreateSale, { saleId, ...request });
    while (answer !== LATE && answer.state === 'preparing') {
      await pause(LOOK_EVERY_MS);
      answer = await this.#look(saleId, deadline - performance.now());
    }
    if (answer === LATE) return LATE;
    if (answer.state === 'refused') throw await this.#refusal(request);
    this.sales.remember(answer);
    return answer;
  }

  /** Inventory has refused it, and knows the currency of the product. */
  async #refusal({ sku, quantity, price: { currency } }: z.output<typeof NewSale>): Promise<ProblemError> {
    const product = await this.rpc.ask(GetProduct, { sku }).catch(() => undefined);
    if (!product || product.price.currency === currency) return ProblemError.of(409, 'Not enough stock', `Inventory does not have ${quantity} of ${sku} to allot.`);
    return ProblemError.of(422, 'Not valid', undefined, { errors: [{ path: 'price.currency', message: `the product is sold in ${product.price.currency}` }] });
  }

  async #look(saleId: string, patienceMs: number): Promise<Sale | typeof LATE> {
    if (patienceMs <= 0) return LATE;
    return this.rpc.tell(GetSale, { saleId, anyState: true }, patienceMs).catch((error: unknown) => {
      if (error instanceof ProblemError && error.problem.status >= 500) return LATE;
      throw error;
    });
  }
}
