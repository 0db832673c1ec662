import { catalogue, EXCHANGES, type Binding, type Topology } from '@sluice/contracts';
import type { ExistingQueue } from './management.js';

export interface Existing {
  exchanges: readonly string[];
  queues: readonly ExistingQueue[];
  bindings: readonly Binding[];
}

/** Differences between the map and a broker. */
export interface Difference {
  missing: string[];
  /** The shop's own objects that are not on the map: no longer used, or of a consumer that is not on the map yet. */
  stale: { exchanges: string[]; queues: string[]; bindings: Binding[] };
  /** Timer queues of delays that are not in use; an empty one can be deleted. */
  timers: string[];
}

/** @param timersInUse names of the timer queues that the present settings use */
export function difference(map: Topology, existing: Existing, timersInUse: readonly string[] = []): Difference {
  const queues = new Set(existing.queues.map(({ name }) => name));
  const bindings = new Set(existing.bindings.map(describeBinding));
  return {
    missing: [
      ...map.exchanges
        .filter(({ name }) => !existing.exchanges.includes(name))
        .map(({ name, type }) => `exchange ${name} (${type})`),
      ...map.queues.filter(({ name }) => !queues.has(name)).map(({ name }) => `queue ${name}`),
      ...map.bindings
        .filter((binding) => !bindings.has(describeBinding(binding)))
        .map((binding) => `binding ${describeBinding(binding)}`),
    ],
    stale: stale(map, existing),
    timers: existing.queues.map(({ name }) => name).filter((name) => isTimer(name) && !timersInUse.includes(name)),
  };
}

/**
 * Ours are only objects bound to a `shop.*` exchange or named after a service on the map. Exclusive queues belong to
 * their connections.
 */
function stale(map: Topology, existing: Existing): Difference['stale'] {
  const wanted = {
    exchanges: new Set(map.exchanges.map(({ name }) => name)),
    queues: new Set(map.queues.map(({ name }) => name)),
    bindings: new Set(map.bindings.map(describeBinding)),
  };
  const services = new Set(map.queues.map(({ name }) => name.split('.', 1)[0]));
  const bound = new Set(existing.bindings.filter(isOurs).map(({ destination }) => destination));
  const exclusive = new Set(existing.queues.filter((queue) => queue.exclusive).map(({ name }) => name));
  const queues = existing.queues
    .filter(
      ({ name }) =>
        !wanted.queues.has(name) &&
        !isTimer(name) &&
        !exclusive.has(name) &&
        (bound.has(name) || services.has(name.split('.', 1)[0])),
    )
    .map(({ name }) => name);
  const going = new Set(queues);
  return {
    exchanges: existing.exchanges.filter((name) => isOfThisSystem(name) && !wanted.exchanges.has(name)),
    queues,
    bindings: existing.bindings.filter(
      (binding) =>
        isOurs(binding) &&
        !wanted.bindings.has(describeBinding(binding)) &&
        !exclusive.has(binding.destination) &&
        !going.has(binding.destination),
    ),
  };
}

/** Whether the queue holds timers; their owner declares these queues, since their delays depend on settings. */
export const isTimer = (name: string): boolean =>
  [...catalogue.values()].some(({ waitsIn }) => waitsIn !== undefined && name.startsWith(`${waitsIn}.`));

const isOfThisSystem = (exchange: string): boolean => exchange.startsWith(`${EXCHANGES.prefix}.`);
const isOurs = ({ source }: Binding): boolean => isOfThisSystem(source);

export function describeBinding({ source, to, destination, key, arguments: args }: Binding): string {
  const match = Object.entries(args)
    .sort()
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
  return `${source} --${[key, match].filter(Boolean).join(' ')}--> ${to === 'exchange' ? 'exchange ' : ''}${destination}`;
}
