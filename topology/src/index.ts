export { applyTopology, type ApplyOptions, type Report } from './apply.js';
export { administers, applyUsers, ensureVhost, ForeignUserError, type Passwords, type UsersReport } from './apply-users.js';
export { DriftError, type Drift } from './drift.js';
export type { Binding, Exchange, Queue, Services, Topology } from './layout.js';
export { FLASH_SALE_QUEUE_LIMIT, RETRY_TIERS_MS, SERVICES, WORK } from './map.js';
export { passwordsOf, settingsOf } from './settings.js';
export { topology, type TopologyOptions } from './topology.js';
export { trust, trustingFetch } from './trust.js';
export { userOf, usersOf, type BrokerUser, type Work } from './users.js';
