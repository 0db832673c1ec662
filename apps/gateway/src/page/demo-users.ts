import type { GatewayConfig } from '../config.js';

/** The users that a development system is seeded with (apps/accounts): the page signs them in by one click. */
const SEEDED = [
  { role: 'customer', phone: '+10000000001', password: 'customer-password' },
  { role: 'admin', phone: '+10000000000', password: 'admin-password' },
] as const;

/** Outside of development nobody is named: there these users do not exist, and production refuses to seed them. */
export const demoUsers = ({ NODE_ENV }: Pick<GatewayConfig, 'NODE_ENV'>): readonly object[] =>
  NODE_ENV === 'development' ? SEEDED : [];
