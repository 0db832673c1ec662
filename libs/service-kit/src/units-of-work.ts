import type { Tables, UnitOfWork } from '@sluice/persistence';

/**
 * Makes the service's units of work, over its own database and outbox.
 * Abstract so that a process without a database can load this library without a database driver.
 */
export abstract class UnitsOfWork {
  abstract over<T extends Tables>(options: { tables: T }): UnitOfWork<T>;
}
