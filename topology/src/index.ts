export { undeliverableLines, queuesWaitedFor, type UndeliverableReport } from './undeliverable.js';
export { applyTopology, type ApplyOptions, type Report } from './apply.js';
export {
  administers,
  applyUsers,
  ensureVhost,
  ForeignUserError,
  type Passwords,
  type UsersReport,
} from './apply-users.js';
export { DriftError, type Drift } from './drift.js';
export { management, vhostOf, type Management } from './management.js';
export { CALLS_OUTSIDE, FLASH_SALE_QUEUE_LIMIT, OUTSIDE_TIERS_MS, RETRY_TIERS_MS, SERVICES, WORK } from './map.js';
export { applyMonitoringUser } from './monitoring-user.js';
export { operator, republish, type Destination, type Operator } from './operator.js';
export { passwordsOf, settingsOf } from './settings.js';
export { topology, topologyOf, type TopologyOptions } from './topology.js';
export { trust, trustingFetch } from './trust.js';
export { userOf, usersOf, type BrokerUser, type Work } from './users.js';
