import type { Catalogue } from './catalogue.js';
import type { Contract } from './message.js';

/**
 * By service: the requests and deliveries that it sends, to other services, to itself for later, or to the channels.
 * A service may send only these and its own events (see the catalogue).
 */
export type Sends = Readonly<Record<string, readonly Contract[]>>;

/**
 * The services that may send messages of a type. All services may send a shared event. An event that is missing in the catalogue, because it is newer than
 * this process, belongs to the service that owns the other events of the same entity. Undefined for an unknown type.
 */
export type SendersOf = (type: string) => ReadonlySet<string> | undefined;

export function sendersIn(catalogue: Catalogue, sends: Sends): SendersOf {
  const byType = new Map(
    [...catalogue.contracts.values()].map((contract) => [contract.type, sendersOfOne(contract, catalogue, sends)]),
  );
  // Events are named after their entity (`order.placed`), and an entity has one owner.
  const byWord = new Map(
    catalogue.services.flatMap((service) =>
      catalogue.factsOf(service).map(({ type }) => [wordOf(type), new Set([service])]),
    ),
  );
  return (type) => byType.get(type) ?? byWord.get(wordOf(type));
}

const sendersOfOne = (contract: Contract, { ownerOf, services }: Catalogue, sends: Sends): ReadonlySet<string> =>
  new Set(
    contract.kind === 'event'
      ? contract.shared
        ? services
        : [ownerOf(contract)]
      : Object.keys(sends).filter((service) => sends[service]!.some(({ type }) => type === contract.type)),
  );

const wordOf = (type: string): string => type.split('.', 1)[0]!;
