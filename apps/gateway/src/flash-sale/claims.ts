import { Injectable } from '@nestjs/common';
import { ClaimResult, GetClaim } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { LATE, Rpc } from '../rpc.js';
import { Line } from './line.js';
import { Place, type Entry } from './place.js';
import type { Claimed } from './tickets.js';

/** What became of a claim, and while it waits, where it stands. */
export const ClaimView = ClaimResult.extend(Place.shape);
export type ClaimView = ClaimResult & Place;

/** Looks up claims at flash-sale. */
@Injectable()
export class Claims {
  constructor(
    private readonly rpc: Rpc,
    private readonly line: Line,
  ) {}

  /** While flash-sale does not answer it waits: its ticket proves that it was let in. */
  async see(claimed: Claimed, entry: Entry | undefined): Promise<ClaimView> {
    const result = await this.read(claimed);
    if (result && result.status !== 'waiting') return result;
    return { status: 'waiting', ...(await this.line.place(claimed.saleId, entry)) };
  }

  /** Undefined when nobody could say. */
  async read(claimed: Claimed): Promise<ClaimResult | undefined> {
    try {
      const answer = await this.rpc.tell(GetClaim, claimed);
      return answer === LATE ? undefined : answer;
    } catch (error) {
      if (error instanceof ProblemError && error.problem.status >= 500) return undefined;
      throw error;
    }
  }
}
