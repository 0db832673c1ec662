import * as accounts from './accounts.js';
import * as flashSale from './flash-sale.js';
import * as inventory from './inventory.js';
import * as logistics from './logistics.js';
import type { Contract } from './message.js';
import * as notifications from './notifications.js';
import * as orders from './orders.js';
import * as payments from './payments.js';
import * as promotions from './promotions.js';

const isContract = (value: unknown): value is Contract => typeof value === 'function' && 'kind' in value && 'type' in value;

/** Every message of the system, by its type. */
export const catalogue: ReadonlyMap<string, Contract> = new Map(
  [accounts, flashSale, inventory, logistics, notifications, orders, payments, promotions]
    .flatMap((file) => Object.values(file) as unknown[])
    .filter(isContract)
    .map((contract) => [contract.type, contract]),
);

/** The requests that a service must answer: every command and query that is named after it. */
export const requestsOf = (service: string): Contract[] =>
  [...catalogue.values()].filter(({ kind, type }) => (kind === 'command' || kind === 'query') && type.startsWith(`${service}.`));
