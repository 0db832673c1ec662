import type { components } from '../generated/api.js';

export type Snapshot = components['schemas']['Snapshot'];
export type QueueNow = Snapshot['queues'][number];
export type ServiceNow = Snapshot['services'][number];
