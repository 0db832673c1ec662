export { collection, type Collection, type CollectionOptions } from './collection.js';
export type { Decide, Decision, Keys, State, Tables } from './decision.js';
export { newId } from './ids.js';
export { log, type Log } from './log.js';
export { newestFirst } from './newest-first.js';
export { createPool, type PoolOptions } from './pool.js';
export { pruneInbox, type PruneOptions } from './prune.js';
export { OutboxRelay, type OutboxRelayOptions } from './relay.js';
export { UnitOfWork, type UnitOfWorkOptions } from './unit-of-work.js';
