import { Injectable } from '@nestjs/common';
import { ClaimResult, GetClaim } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { PENDING, Rpc } from '../rpc.js';
import { ClaimQueue } from './claim-queue.js';
import { QueuePosition, type QueueEntry } from './queue-position.js';
import type { Claimed } from './tickets.js';

/** Result of a claim, and its position while it waits. */
export const ClaimView = ClaimResult.extend(QueuePosition.shape);
export type ClaimView = ClaimResult & QueuePosition;

/** Reads claims from flash-sale. */
@Injectable()
export class Claims {
  constructor(
    private readonly rpc: Rpc,
    private readonly queue: ClaimQueue,
  ) {}

  /** While flash-sale does not reply, the claim counts as waiting: its ticket proves that it is in the queue. */
  async view(claimed: Claimed, entry: QueueEntry | undefined): Promise<ClaimView> {
    const result = await this.read(claimed);
    if (result && result.status !== 'waiting') return result;
    return { status: 'waiting', ...(await this.queue.position(claimed.saleId, entry)) };
  }

  /** Undefined: flash-sale did not reply. */
  async read(claimed: Claimed): Promise<ClaimResult | undefined> {
    try {
      const answer = await this.rpc.requestOrPending(GetClaim, claimed);
      return answer === PENDING ? undefined : answer;
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status >= 500) return undefined;
      throw error;
    }
  }
}
