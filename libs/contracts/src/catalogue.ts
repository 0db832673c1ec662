import * as accounts from './accounts.js';
import * as flashSale from './flash-sale.js';
import * as inventory from './inventory.js';
import * as logistics from './logistics.js';
import type { Contract } from './message.js';
import * as notifications from './notifications.js';
import { operationsAt, type Operations } from './operations.js';
import * as orders from './orders.js';
import * as payments from './payments.js';
import * as promotions from './promotions.js';

const isContract = (value: unknown): value is Contract =>
  typeof value === 'function' && 'kind' in value && 'type' in value;

const contractsOf = (file: object): Contract[] => (Object.values(file) as unknown[]).filter(isContract);

const OWN: Readonly<Record<string, object>> = {
  accounts,
  'flash-sale': flashSale,
  inventory,
  logistics,
  notifications,
  orders,
  payments,
  promotions,
};

const OPERATIONS: Readonly<Record<string, Operations>> = Object.fromEntries(
  Object.keys(OWN).map((service) => [service, operationsAt(service)]),
);

/** Contracts by the service that owns them. */
const FILES: Readonly<Record<string, object>> = Object.fromEntries(
  Object.entries(OWN).map(([service, own]) => [service, { ...own, ...OPERATIONS[service] }]),
);

/**
 * Services that answer operations queries about their queues: every service of this system, no services added later.
 */
export const OPERATED: readonly string[] = Object.keys(OPERATIONS);

/** The operations queries and commands of this service; undefined for a service that is not in `OPERATED`. */
export const operationsOf = (service: string): Operations | undefined =>
  Object.hasOwn(OPERATIONS, service) ? OPERATIONS[service] : undefined;

/** Contracts of the whole system, by message type. */
export const catalogue: ReadonlyMap<string, Contract> = new Map(
  Object.values(FILES)
    .flatMap(contractsOf)
    .map((contract) => [contract.type, contract]),
);

const OWNERS: ReadonlyMap<string, string> = new Map(
  Object.entries(FILES).flatMap(([service, file]) => contractsOf(file).map(({ type }) => [type, service])),
);

/** Events that only this service publishes. */
export const factsOf = (service: string): Contract[] =>
  contractsOf(FILES[service] ?? {}).filter(({ kind }) => kind === 'event');

/** The requests that a service must answer: every command and query that is named after it. */
export const requestsOf = (service: string): Contract[] =>
  [...catalogue.values()].filter(
    ({ kind, type }) => (kind === 'command' || kind === 'query') && type.startsWith(`${service}.`),
  );

/**
 * The service that publishes this event or answers this request.
 * @throws Error when the contract is not in the catalogue
 */
export function ownerOf({ type }: Contract): string {
  const owner = OWNERS.get(type);
  if (owner === undefined) throw new Error(`${type} is no message type of this system`);
  return owner;
}
