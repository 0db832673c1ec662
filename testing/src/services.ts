import { allServices, databaseServices } from '@sluice/stack/workspace';

/**
 * The names that specs write, for the compiler to check. A service that no spec names runs in every system as well, and
 * need not be here.
 */
export type Owner =
  'accounts' | 'flash-sale' | 'inventory' | 'logistics' | 'notifications' | 'orders' | 'payments' | 'promotions';
export type ServiceName = Owner | 'gateway';

/** The services with a database. */
export const OWNERS = databaseServices() as readonly Owner[];
export const isOwner = (service: ServiceName): service is Owner => OWNERS.some((owner) => owner === service);

export const SERVICES = allServices() as readonly ServiceName[];

/** What a system of containers runs beside its services. */
export const SERVERS = ['postgres', 'rabbitmq'] as const;
export type ServerName = (typeof SERVERS)[number];
