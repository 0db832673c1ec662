import { Catch } from '@nestjs/common';
import { RethrowFilter, UnavailableError } from '@sluice/messaging';
import { isUnavailable } from '@sluice/persistence';
import type { Observable } from 'rxjs';

/** Lets errors through as they were thrown, except that those of a database that is away say so: a question is then answered with 503. */
@Catch()
export class DatabaseFilter extends RethrowFilter {
  override catch(error: unknown): Observable<never> {
    return super.catch(error instanceof Error && isUnavailable(error) ? unavailable(error) : error);
  }
}

/** With the stack of where it happened, which is what a dead letter shows. */
const unavailable = (cause: Error): UnavailableError => Object.assign(new UnavailableError(cause.message, { cause }), { stack: cause.stack });
