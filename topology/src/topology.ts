import { layout, type Services, type Topology } from './layout.js';
import { FLASH_SALE_QUEUE_LIMIT, LIVE, RETRY_TIERS_MS, SERVICES } from './map.js';

export interface TopologyOptions {
  /** The waiting times of failed messages; must hold every tier that a service is set to. Milliseconds. */
  retryTiersMs?: readonly number[];
  /** How many claims may wait at the door of the flash sales. */
  flashSaleQueueLimit?: number;
  services?: Services;
  /** The broker is a cluster that is to survive the loss of a node. */
  replicated?: boolean;
}

/** The map, spelled out as exchanges, queues and bindings. */
export const topology = ({ retryTiersMs = RETRY_TIERS_MS, flashSaleQueueLimit = FLASH_SALE_QUEUE_LIMIT, services = SERVICES, replicated = false }: TopologyOptions = {}): Topology =>
  layout(services, { retryTiersMs, bound: flashSaleQueueLimit, live: LIVE, replicated });
