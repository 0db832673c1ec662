export { applyTopology, type ApplyOptions, type Report } from './apply.js';
export { DriftError, type Drift } from './drift.js';
export type { Binding, Exchange, Queue, Services, Topology } from './layout.js';
export { FLASH_SALE_QUEUE_LIMIT, RETRY_TIERS_MS, SERVICES } from './map.js';
export { settingsOf } from './settings.js';
export { topology, type TopologyOptions } from './topology.js';
