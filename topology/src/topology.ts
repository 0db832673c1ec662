import { layout, serviceLayout, type Services, type Settings, type Topology } from './layout.js';
import { CALLS_OUTSIDE, FLASH_SALE_QUEUE_LIMIT, LIVE, OUTSIDE_TIERS_MS, RETRY_TIERS_MS, SERVICES } from './map.js';

export interface TopologyOptions {
  /** The waiting times of failed messages; must hold every tier that a service is set to. Milliseconds. */
  retryTiersMs?: readonly number[];
  /** The same, in addition, for services that call the outside. Milliseconds. */
  outsideTiersMs?: readonly number[];
  /** How many claims may wait at the door of the flash sales. */
  flashSaleQueueLimit?: number;
  services?: Services;
  /** The broker is a cluster that is to survive the loss of a node. */
  replicated?: boolean;
}

/** The map, spelled out as exchanges, queues and bindings. */
export const topology = ({ services = SERVICES, ...options }: TopologyOptions = {}): Topology =>
  layout(services, settingsFor(options));

/** What one more service needs on a broker that holds the map. */
export const topologyOf = (service: string, queues: Services[string], options: TopologyOptions = {}): Topology =>
  serviceLayout(service, queues, settingsFor(options));

const settingsFor = ({
  retryTiersMs = RETRY_TIERS_MS,
  outsideTiersMs = OUTSIDE_TIERS_MS,
  flashSaleQueueLimit = FLASH_SALE_QUEUE_LIMIT,
  replicated = false,
}: TopologyOptions): Settings => ({
  retryTiersMs,
  outsideTiersMs,
  callsOutside: CALLS_OUTSIDE,
  bound: flashSaleQueueLimit,
  live: LIVE,
  replicated,
});
