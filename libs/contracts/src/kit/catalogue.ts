import type { Contract } from './message.js';
import { operationsAt, type Operations } from './operations.js';
import { ServicePulse } from './pulse.js';

/** Message types of a system, and the services that own them. */
export interface Catalogue {
  /** Services with contracts of their own; each also answers operations queries about its queues. */
  readonly services: readonly string[];
  /** Contracts by message type. */
  readonly contracts: ReadonlyMap<string, Contract>;
  /**
   * The service that publishes this event or answers this request.
   * @throws Error when the contract is not in the catalogue, or shared by all services
   */
  readonly ownerOf: (contract: Pick<Contract, 'type'>) => string;
  /** Events that every service publishes about itself. */
  readonly shared: readonly Contract[];
  /** Events that only this service publishes. */
  readonly factsOf: (service: string) => Contract[];
  /** The requests that a service must answer: every command and query that is named after it. */
  readonly requestsOf: (service: string) => Contract[];
  /** The operations queries and commands of this service; undefined for a service without contracts of its own. */
  readonly operationsOf: (service: string) => Operations | undefined;
}

/** @param own by service: the contracts that it owns, without the operations contracts, which are added here */
export function catalogueOf(own: Readonly<Record<string, readonly Contract[]>>): Catalogue {
  const services = Object.keys(own);
  const operations = new Map(services.map((service) => [service, operationsAt(service)]));
  const owned = new Map(
    services.map((service) => [service, [...own[service]!, ...Object.values(operations.get(service)!)] as Contract[]]),
  );
  const shared: Contract[] = [ServicePulse];
  const contracts = new Map([...owned.values(), shared].flat().map((contract) => [contract.type, contract]));
  const owners = new Map([...owned].flatMap(([service, all]) => all.map(({ type }) => [type, service])));
  return {
    services,
    contracts,
    shared,
    ownerOf: ({ type }) => {
      const owner = owners.get(type);
      if (owner === undefined) throw new Error(`${type} is no message type of this system`);
      return owner;
    },
    factsOf: (service) => (owned.get(service) ?? []).filter(({ kind }) => kind === 'event'),
    requestsOf: (service) => [...contracts.values()].filter((contract) => isRequestTo(service, contract)),
    operationsOf: (service) => operations.get(service),
  };
}

const isRequestTo = (service: string, { kind, type }: Contract): boolean =>
  (kind === 'command' || kind === 'query') && type.startsWith(`${service}.`);
