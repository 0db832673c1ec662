import { Injectable } from '@nestjs/common';
import { GetPrices, type ProductVersion } from '@sluice/contracts';
import { dependencies, isUnavailableStatus, MessageClient, ProblemError, RequestTimeoutError, UnavailableError } from '@sluice/messaging';
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
    return skus.length === 0 ? request : { ...request, shown: [...(request.shown ?? []), ...(await this.#prices(skus))] };
  }

  async #prices(skus: string[]): Promise<ProductVersion[]> {
    try {
      const { items } = await this.client.request(GetPrices, { skus }, { deadlineMs: PATIENCE_MS });
      dependencies.succeeded(INVENTORY);
      return items;
    } catch (error) {
      throw faultOf(error);
    }
  }
}

/** Whose fault it is that the order cannot be decided: never its own, and none of it is an answer to its customer. */
function faultOf(error: unknown): unknown {
  if (error instanceof RequestTimeoutError) return new UnavailableError('inventory did not answer in time', { dependency: INVENTORY, cause: error });
  if (!(error instanceof ProblemError)) return error;
  const { status } = error.problem;
  if (!isUnavailableStatus(status)) return new Error(`inventory refused to tell prices: ${error.message}`, { cause: error });
  // 500 is a fault that the question itself may cause; every other one is the same for all questions.
  return new UnavailableError(`inventory answered ${status}`, { dependency: INVENTORY, suspect: status === 500, cause: error });
}
