import { Inject, Injectable } from '@nestjs/common';
import { ClaimPiece, type Address } from '@sluice/contracts';
import { type MessageClient, ProblemError, PublishError } from '@sluice/messaging';
import { ShopClock } from '../shop-clock.js';
import { correlationId } from '../web/correlation.js';
import { CLAIM_CLIENT } from './claim-client.js';
import { requireOpen } from './sale-open.guard.js';
import { ClaimQueue } from './claim-queue.js';
import type { QueueEntry, QueuePosition } from './queue-position.js';
import { admissionFor } from './sale-state.js';
import { Sales } from './sales.js';
import { Tickets } from './tickets.js';

/** Far longer than a broker takes that is well, shorter than a person's patience. Milliseconds. */
const CONFIRM_MS = 2_000;

/** The line is as long as it may be. */
export const FULL: unique symbol = Symbol('full');

/** Somebody who stands in line. */
export interface QueuedClaim {
  ticket: string;
  entry?: QueueEntry | undefined;
  position: QueuePosition;
}

/** Lets claims into the line, which the broker keeps and bounds; nothing of them is kept here. */
@Injectable()
export class ClaimIntake {
  constructor(
    @Inject(CLAIM_CLIENT) private readonly client: MessageClient,
    private readonly sales: Sales,
    private readonly tickets: Tickets,
    private readonly queue: ClaimQueue,
    private readonly clock: ShopClock,
  ) {}

  /**
   * The same user and round give the same ticket, however often.
   * @throws ProblemError 404 no such sale, 410 sold out or closed, 425 not open yet, 503 it is not known whether it is in line
   */
  async offer(userId: string, saleId: string, address: Address): Promise<QueuedClaim | typeof FULL> {
    const admission = admissionFor(await this.sales.find(saleId), this.sales.now());
    const acceptedAt = this.sales.stamp() ?? this.clock.now();
    requireOpen(admission);
    const claimed = { saleId, userId, round: admission.round };
    const entry = await this.queue.entryNow(saleId);
    if (!(await this.#publish({ ...claimed, address }, acceptedAt))) return FULL;
    this.queue.admit();
    return {
      ticket: this.tickets.issue(claimed),
      entry,
      position: entry ? await this.queue.position(saleId, entry) : {},
    };
  }

  /** @returns whether it is in line; false: there is no room. @throws ProblemError 503 */
  async #publish(claim: Parameters<typeof ClaimPiece>[0], acceptedAt: string | undefined): Promise<boolean> {
    const id = correlationId();
    try {
      await this.client.post(ClaimPiece, claim, {
        deadlineMs: CONFIRM_MS,
        acceptedAt,
        ...(id !== undefined && { correlationId: id }),
      });
      return true;
    } catch (error) {
      if (!(error instanceof PublishError)) throw error;
      if (error.reason === 'nacked') return false;
      throw ProblemError.of(
        503,
        'Service Unavailable',
        'It is not known whether the claim is in line. Ask again: it counts once, and the ticket is the same.',
      );
    }
  }
}
