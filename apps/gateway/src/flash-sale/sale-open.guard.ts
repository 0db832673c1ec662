import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Id } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import type { FastifyRequest } from 'fastify';
import { admissionFor, type Admission } from './sale-state.js';
import { Sales } from './sales.js';

/** Made once, and not for each of the thousands who are told so: to note where an error was made costs more than to answer it. */
const REFUSALS: Record<Exclude<Admission['is'], 'open'>, ProblemError> = {
  early: ProblemError.of(425, 'Too Early', 'The sale is not open yet.'),
  'sold-out': ProblemError.of(410, 'Gone', 'Sold out. A piece that is not paid for comes back while the sale lasts.'),
  closed: ProblemError.of(410, 'Gone', 'The sale is closed.'),
};

/** @throws ProblemError 425 too early, 410 sold out or closed */
export function requireOpen(admission: Admission): asserts admission is Admission & { is: 'open' } {
  if (admission.is !== 'open') throw REFUSALS[admission.is];
}

/** Turns away from memory alone whom a sale has nothing for, before anything else is looked at: these are most of a peak. */
@Injectable()
export class SaleOpenGuard implements CanActivate {
  constructor(private readonly sales: Sales) {}

  canActivate(context: ExecutionContext): boolean {
    const { id } = context.switchToHttp().getRequest<FastifyRequest<{ Params: { id: string } }>>().params;
    // Guards come before pipes: what is no id is left to the pipe to refuse.
    requireOpen(admissionFor(this.sales.get(Id.safeParse(id).data ?? id), this.sales.now()));
    return true;
  }
}
