import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ClaimPiece, Id, type Address } from '@sluice/contracts';
import { correlationId, DatabaseClock } from '@sluice/http-kit';
import { type MessageClient, ProblemError, PublishError } from '@sluice/messaging';
import type { FastifyRequest } from 'fastify';
import { CLAIM_CLIENT, ClaimQueue } from './claim-queue.js';
import type { QueueEntry, QueuePosition } from './queue-position.js';
import { admissionFor, requireOpen } from './sale-state.js';
import { Sales } from './sales.js';
import { Tickets } from './tickets.js';

/** Timeout of a confirm: far longer than a healthy broker takes, shorter than people wait. Milliseconds. */
const CONFIRM_MS = 2_000;

/** Result of a claim that does not fit the bounded queue. */
export const FULL: unique symbol = Symbol('full');

/** A claim that the broker has confirmed. */
export interface QueuedClaim {
  ticket: string;
  entry?: QueueEntry | undefined;
  position: QueuePosition;
}

/**
 * Refuses claims on sales that are not open, from memory and before any other check: most requests of a peak are such
 * claims.
 */
@Injectable()
export class SaleOpenGuard implements CanActivate {
  constructor(private readonly sales: Sales) {}

  canActivate(context: ExecutionContext): boolean {
    const { id } = context.switchToHttp().getRequest<FastifyRequest<{ Params: { id: string } }>>().params;
    // Guards run before pipes: an invalid id is left to the pipe to refuse.
    requireOpen(admissionFor(this.sales.get(Id.safeParse(id).data ?? id), this.sales.now()));
    return true;
  }
}

/** Publishes claims to the broker's bounded queue; keeps none of them in this process. */
@Injectable()
export class ClaimIntake {
  constructor(
    @Inject(CLAIM_CLIENT) private readonly client: MessageClient,
    private readonly sales: Sales,
    private readonly tickets: Tickets,
    private readonly queue: ClaimQueue,
    private readonly clock: DatabaseClock,
  ) {}

  /**
   * Returns the same ticket for every claim of the same user and round.
   * @throws ProblemError 404 no such sale, 410 sold out or closed, 425 not open yet, 503 no confirm: the claim may be
   * in the queue
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

  /** @returns true: the claim is in the queue; false: the queue is full. @throws ProblemError 503 */
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
