import { layout, serviceLayout, type Services, type LayoutSettings, type Topology } from '@sluice/contracts';
import { CALLS_OUTSIDE, FLASH_SALE_QUEUE_LIMIT, LIVE, OUTSIDE_TIERS_MS, RETRY_TIERS_MS, SERVICES } from './map.js';

export interface TopologyOptions {
  /** Waiting times of failed messages; must contain every tier that a service is set to. Milliseconds. */
  retryTiersMs?: readonly number[];
  /** Additional tiers for services that call external providers. Milliseconds. */
  outsideTiersMs?: readonly number[];
  /** Length limit of the queue of flash-sale claims. */
  flashSaleQueueLimit?: number;
  services?: Services;
  /** The broker is a cluster that must survive the loss of a node. */
  replicated?: boolean;
}

/** The topology of the map: exchanges, queues and bindings. */
export const topology = ({ services = SERVICES, ...options }: TopologyOptions = {}): Topology =>
  layout(services, settingsFor(options));

/** The topology of one more service on a broker that has the map applied. */
export const topologyOf = (service: string, queues: Services[string], options: TopologyOptions = {}): Topology =>
  serviceLayout(service, queues, settingsFor(options));

const settingsFor = ({
  retryTiersMs = RETRY_TIERS_MS,
  outsideTiersMs = OUTSIDE_TIERS_MS,
  flashSaleQueueLimit = FLASH_SALE_QUEUE_LIMIT,
  replicated = false,
}: TopologyOptions): LayoutSettings => ({
  retryTiersMs,
  outsideTiersMs,
  callsOutside: CALLS_OUTSIDE,
  bound: flashSaleQueueLimit,
  live: LIVE,
  replicated,
});
