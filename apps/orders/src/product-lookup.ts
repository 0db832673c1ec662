import { Injectable } from '@nestjs/common';
import { GetPrices, type ProductVersion } from '@sluice/contracts';
import {
  dependencies,
  isUnavailableStatus,
  MessageClient,
  ProblemError,
  RequestTimeoutError,
  UnavailableError,
} from '@sluice/messaging';
import type { Request } from './placing.js';
import { unshown } from './pricing.js';

/** Inventory answers in milliseconds; a busy one may be late. Milliseconds. */
const PATIENCE_MS = 3_000;
/** The name under which operators see that orders wait for inventory. */
const INVENTORY = 'inventory';

/** Asks the owner of the products: only its word that there is no such product is final. */
@Injectable()
export class ProductLookup {
  constructor(private readonly client: MessageClient) {}

  /**
   * The request, and beside what was shown what inventory says of the other products.
   * @throws UnavailableError inventory does not answer for now
   */
  async completed(request: Request): Promise<Request> {
    const skus = unshown(request);
    if (skus.length === 0) return request;
    return { ...request, shown: [...(request.shown ?? []), ...(await this.#prices(skus))] };
  }

  async #prices(skus: string[]): Promise<ProductVersion[]> {
    try {
      const { items } = await this.client.request(GetPrices, { skus }, { deadlineMs: PATIENCE_MS });
      dependencies.succeeded(INVENTORY);
      return items;
    } catch (error) {
      throw notAnswered(error);
    }
  }
}

/** Why the order cannot be decided now: never its own fault, and no answer to its customer. */
function notAnswered(cause: unknown): unknown {
  const about = { dependency: INVENTORY, cause };
  if (cause instanceof RequestTimeoutError) return new UnavailableError('inventory did not answer in time', about);
  if (!(cause instanceof ProblemError)) return cause;
  const { status } = cause.problem;
  if (!isUnavailableStatus(status)) return new Error(`inventory refused to tell prices: ${cause.message}`, { cause });
  // 500 is a fault that the question itself may cause; every other one is the same for all questions.
  return new UnavailableError(`inventory answered ${status}`, { ...about, mayBePoison: status === 500 });
}
