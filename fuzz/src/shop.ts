import type { Callers } from './callers.js';
import type { OpenApi, Operation } from './operations.js';
import type { KnownResources } from './resources.js';

/** What is known of the shop under test: what requests are made of. */
export interface Shop {
  readonly document: OpenApi;
  readonly operations: readonly Operation[];
  readonly resources: KnownResources;
  readonly callers: Callers;
}
