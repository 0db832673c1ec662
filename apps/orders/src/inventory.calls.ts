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

/** Deadline of a lookup, in ms. Inventory replies within milliseconds, more slowly under load. */
const LOOKUP_DEADLINE_MS = 3_000;
/** Name of the dependency in the metrics, by which operators see that orders wait for inventory. */
const INVENTORY = 'inventory';

/** Queries the owner of the products: only inventory's reply that a product does not exist is final. */
@Injectable()
export class InventoryCalls {
  constructor(private readonly client: MessageClient) {}

  /**
   * Adds to the request the products that were not shown, as inventory returns them.
   * @throws UnavailableError inventory does not reply at the moment
   */
  async completed(request: Request): Promise<Request> {
    const skus = unshown(request);
    if (skus.length === 0) return request;
    return { ...request, shown: [...(request.shown ?? []), ...(await this.#prices(skus))] };
  }

  async #prices(skus: string[]): Promise<ProductVersion[]> {
    try {
      const { items } = await this.client.request(GetPrices, { skus }, { deadlineMs: LOOKUP_DEADLINE_MS });
      dependencies.succeeded(INVENTORY);
      return items;
    } catch (error) {
      throw notAnswered(error);
    }
  }
}

/** Converts the error of a lookup: the order stays undecided, and its customer receives no problem. */
function notAnswered(cause: unknown): unknown {
  const about = { dependency: INVENTORY, cause };
  if (cause instanceof RequestTimeoutError) return new UnavailableError('inventory did not answer in time', about);
  if (!(cause instanceof ProblemError)) return cause;
  const { status } = cause.problem;
  if (!isUnavailableStatus(status))
    return new Error(`inventory refused the query for prices: ${cause.message}`, { cause });
  // 500 may be caused by this query itself; every other one of these statuses concerns all queries.
  return new UnavailableError(`inventory answered ${status}`, { ...about, mayBePoison: status === 500 });
}
