import { catalogue } from '@sluice/contracts';
import type { Binding, Topology } from './layout.js';
import type { ExistingQueue } from './management.js';

export interface Existing {
  exchanges: readonly string[];
  queues: readonly ExistingQueue[];
  bindings: readonly Binding[];
}

/** What the map adds to a broker, and what a broker has beyond the map. */
export interface Difference {
  missing: string[];
  /** The shop's own that the map does not know (any more): nothing uses them, or a consumer is not on the map yet. */
  stale: { exchanges: string[]; queues: string[]; bindings: Binding[] };
  /** Where timers wait, of lengths that are not in use (any more): one that has run dry can go. */
  timers: string[];
}

/** @param timersInUse the names of the timers' queues that the present settings fill */
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

/** Only what hangs on a `shop.*` exchange or is named after a queue of the map is ours to judge; exclusive queues belong to their connections. */
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
    exchanges: existing.exchanges.filter((name) => name.startsWith('shop.') && !wanted.exchanges.has(name)),
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

/** Where timers wait, which depends on settings: their owner declares these queues. */
export const isTimer = (name: string): boolean =>
  [...catalogue.values()].some(({ waitsIn }) => waitsIn !== undefined && name.startsWith(`${waitsIn}.`));

const isOurs = ({ source }: Binding): boolean => source.startsWith('shop.');

export function describeBinding({ source, to, destination, key, arguments: args }: Binding): string {
  const match = Object.entries(args)
    .sort()
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
  return `${source} --${[key, match].filter(Boolean).join(' ')}--> ${to === 'exchange' ? 'exchange ' : ''}${destination}`;
}
