import type { Tables, UnitOfWork, UnitOfWorkOptions } from '@sluice/persistence';

/**
 * Creates units of work for the service's own database and outbox.
 * Abstract, so that a process without a database can load this library without a database driver.
 */
export abstract class UnitsOfWork {
  abstract over<T extends Tables>(options: Pick<UnitOfWorkOptions<T>, 'tables' | 'onBatch'>): UnitOfWork<T>;
}
