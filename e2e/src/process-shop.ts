import { startSystem } from '@sluice/testing';
import { CHECKED_EVERY_MS } from './balancer.js';
import { SharedShop } from './shared-system.js';

/** Contains several checks of the balancer, also on a machine that is busy starting the next service. */
const GRACE_MS = 5 * CHECKED_EVERY_MS;
/** Instead of the usual, longer tiers: each retry follows after a second. */
export const TIERS_MS = [1_000, 1_000, 1_000];

/** For tests that stop, suspend or add single processes. */
export const processShop = new SharedShop(() =>
  startSystem({ SHUTDOWN_GRACE_MS: String(GRACE_MS), RETRY_TIERS_MS: TIERS_MS.join(), REPLY_TIMEOUT_MS: '2000' }, {}),
);
