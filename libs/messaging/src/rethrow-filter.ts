import { Catch, type ExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';

/**
 * Lets a handler's error reach the transport as it was thrown: its class decides between retry and dead letter,
 * and Nest's own filter hides it behind "Internal server error". Install it with `app.useGlobalFilters(new RethrowFilter())`.
 */
@Catch()
export class RethrowFilter implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}
