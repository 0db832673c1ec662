/** The services with a database. */
export const OWNERS = [
  'accounts',
  'flash-sale',
  'inventory',
  'logistics',
  'notifications',
  'orders',
  'payments',
  'promotions',
] as const;
export type Owner = (typeof OWNERS)[number];

export const SERVICES = [...OWNERS, 'gateway'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** What a system of containers runs beside its services. */
export const SERVERS = ['postgres', 'rabbitmq'] as const;
export type ServerName = (typeof SERVERS)[number];
