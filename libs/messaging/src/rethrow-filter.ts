import { Catch, type ExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';

/**
 * Passes a handler's error to the transport unchanged: its class decides between retry and dead letter, and Nest's
 * own filter replaces it with "Internal server error". Install it with `app.useGlobalFilters(new RethrowFilter())`.
 */
@Catch()
export class RethrowFilter implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
