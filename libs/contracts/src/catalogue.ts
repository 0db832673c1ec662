import * as accounts from './accounts.js';
import * as flashSale from './flash-sale.js';
import * as inventory from './inventory.js';
import { catalogueOf } from './kit/catalogue.js';
import type { Contract } from './kit/message.js';
import * as logistics from './logistics.js';
import * as notifications from './notifications.js';
import * as orders from './orders.js';
import * as payments from './payments.js';
import * as promotions from './promotions.js';

const isContract = (value: unknown): value is Contract =>
  typeof value === 'function' && 'kind' in value && 'type' in value;

const contractsOf = (file: object): Contract[] => (Object.values(file) as unknown[]).filter(isContract);

/** The contracts of the shop, by the service that owns them. */
export const CATALOGUE = catalogueOf({
  accounts: contractsOf(accounts),
  'flash-sale': contractsOf(flashSale),
  inventory: contractsOf(inventory),
  logistics: contractsOf(logistics),
  notifications: contractsOf(notifications),
  orders: contractsOf(orders),
  payments: contractsOf(payments),
  promotions: contractsOf(promotions),
});

/** Contracts of the whole system, by message type. */
export const catalogue = CATALOGUE.contracts;

/**
 * Services that answer operations queries about their queues: every service of this system, no services added later.
 */
export const OPERATED = CATALOGUE.services;

export const { factsOf, operationsOf, ownerOf, requestsOf, shared: SHARED_FACTS } = CATALOGUE;
