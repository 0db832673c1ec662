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

/** By the service that owns it. */
const FILES: Readonly<Record<string, object>> = Object.fromEntries(
  Object.entries(OWN).map(([service, own]) => [service, { ...own, ...OPERATIONS[service] }]),
);

/** The services that answer for their queues: every one of this system, and no newcomer. */
export const OPERATED: readonly string[] = Object.keys(OPERATIONS);

/** What this service is asked about its own queues, and told to do with them; undefined for a newcomer. */
export const operationsOf = (service: string): Operations | undefined =>
  Object.hasOwn(OPERATIONS, service) ? OPERATIONS[service] : undefined;

/** Every message of the system, by its type. */
export const catalogue: ReadonlyMap<string, Contract> = new Map(
  Object.values(FILES)
    .flatMap(contractsOf)
    .map((contract) => [contract.type, contract]),
);

const OWNERS: ReadonlyMap<string, string> = new Map(
  Object.entries(FILES).flatMap(([service, file]) => contractsOf(file).map(({ type }) => [type, service])),
);

/** The facts that only this service says. */
export const factsOf = (service: string): Contract[] =>
  contractsOf(FILES[service] ?? {}).filter(({ kind }) => kind === 'event');

/** The requests that a service must answer: every command and query that is named after it. */
export const requestsOf = (service: string): Contract[] =>
  [...catalogue.values()].filter(
    ({ kind, type }) => (kind === 'command' || kind === 'query') && type.startsWith(`${service}.`),
  );

/** The service that says these facts, answers these requests. @throws Error when the contract is not in the catalogue */
export function ownerOf({ type }: Contract): string {
  const owner = OWNERS.get(type);
  if (owner === undefined) throw new Error(`${type} is no message type of this system`);
  return owner;
}
