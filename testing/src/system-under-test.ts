import type { TestBroker } from './broker.js';
import type { TestDatabase } from './database.js';
import type { Owner, ServerName, ServiceName } from './services.js';

/** The whole system as its users run it: one process per service, each with a user and a role of its own on a vhost and databases of the test's. */
export interface System {
  /** Base URL of the gateway. */
  url: string;
  /** To be replaced by a test that has restarted the server: connections do not survive that. */
  broker: TestBroker;
  databases: Record<Owner, TestDatabase>;
  start(...names: ServiceName[]): Promise<void>;
  /** SIGTERM; resolves when the process has ended. */
  stop(...names: ServiceName[]): Promise<void>;
  /** SIGKILL; resolves when it is there again. */
  crash(name: ServiceName | ServerName): Promise<void>;
  /** What may crash beside the services: not the servers that other tests use as well. */
  servers: readonly ServerName[];
  /** A token as accounts would give it to this user, without asking accounts. */
  tokenOf(userId: string): Promise<string>;
  /** The last lines that a service wrote. */
  output(name: ServiceName): string;
  close(): Promise<void>;
}
