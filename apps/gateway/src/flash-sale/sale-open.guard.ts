import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Id } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import type { FastifyRequest } from 'fastify';
import { admissionFor, type Admission } from './sale-state.js';
import { Sales } from './sales.js';

/** Created once and not per refusal (thousands in a peak): capturing a stack trace costs more than the response. */
const REFUSALS: Record<Exclude<Admission['is'], 'open'>, ProblemError> = {
  early: ProblemError.of(425, 'Too Early', 'The sale is not open yet.'),
  'sold-out': ProblemError.of(410, 'Gone', 'Sold out. A piece that is not paid for comes back while the sale lasts.'),
  closed: ProblemError.of(410, 'Gone', 'The sale is closed.'),
};

/** @throws ProblemError 425 too early, 410 sold out or closed */
export function requireOpen(admission: Admission): asserts admission is Admission & { is: 'open' } {
  if (admission.is !== 'open') throw REFUSALS[admission.is];
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
