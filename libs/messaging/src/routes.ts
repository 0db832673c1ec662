import type { MessageHandler } from '@nestjs/microservices';
import { system, type Contract } from '@sluice/contracts/kit';
import type { Subscription } from './on.js';
import { SCHEDULE, tiersOf, type Schedule } from './schedule.js';

/** Route to an `@On` method. */
export interface Route {
  contract: Contract;
  handler: MessageHandler;
  prefetch: number | undefined;
  outside: boolean;
}

/** All routes of one queue. */
export interface QueueRoutes {
  queue: string;
  prefetch: number;
  /** The messages of the queue may be lost and must not be stored. */
  transient: boolean;
  /** Waiting time before each further try of a failed message. Milliseconds. */
  tiersMs: readonly number[];
  /** Queue to which failed messages return: the queue itself, or for a bounded queue the unbounded one beside it. */
  home: string;
  contracts: readonly Contract[];
  /** Exchange from which the queue takes its messages. */
  exchange: string;
  find(type: string): Route | undefined;
}

/** A handler registered with Nest: its pattern, its method, and the metadata of `@On`. */
export interface Registration {
  pattern: string;
  handler: MessageHandler;
  subscription: Partial<Subscription>;
}

/**
 * Groups handlers by queue.
 * @throws Error that names each invalid registration
 */
export function routesOf(
  service: string,
  registrations: readonly Registration[],
  prefetch: number,
  schedule: Schedule = SCHEDULE,
): QueueRoutes[] {
  const queues = new Map<string, Route[]>();
  for (const { pattern, handler, subscription } of registrations) {
    if (!subscription.contract || !subscription.queue)
      throw new Error(`the handler of "${pattern}" in ${service} was not made with @On(contract)`);
    const queue = `${service}.${subscription.queue}`;
    queues.set(queue, [
      ...(queues.get(queue) ?? []),
      {
        contract: subscription.contract,
        handler,
        prefetch: subscription.prefetch,
        outside: subscription.outside ?? false,
      },
    ]);
  }
  return [...queues].flatMap(([queue, routes]) => queueRoutes(queue, routes, prefetch, schedule));
}

function queueRoutes(queue: string, routes: readonly Route[], prefetch: number, schedule: Schedule): QueueRoutes[] {
  const transient = routes.every(({ contract }) => contract.transient);
  if (!transient && routes.some(({ contract }) => contract.transient))
    throw new Error(`${queue} mixes messages that must be kept with messages that must not: give them two queues`);
  const own = routes.flatMap((route) => route.prefetch ?? []);
  const home = routes.some(({ contract }) => contract.bounded) ? `${queue}-again` : queue;
  const tiersMs = tiersOf(
    queue.slice(queue.indexOf('.') + 1),
    routes.some(({ outside }) => outside),
    schedule,
  );
  const common = {
    home,
    transient,
    tiersMs,
    exchange: system().exchanges.of(routes[0]!.contract.kind),
    prefetch: own.length > 0 ? Math.max(...own) : prefetch,
    contracts: routes.map(({ contract }) => contract),
    find: finder(routes),
  };
  return [...new Set([queue, home])].map((name) => ({ queue: name, ...common }));
}

/** Exact types first, then topic patterns in the order of their declaration. */
function finder(routes: readonly Route[]): (type: string) => Route | undefined {
  const exact = new Map(routes.map((route) => [route.contract.type, route]));
  const patterns = routes
    .filter(({ contract }) => isPattern(contract.type))
    .map((route) => ({ route, matches: topicMatcher(route.contract.type) }));
  return (type) => exact.get(type) ?? patterns.find(({ matches }) => matches(type))?.route;
}

/** All queues of these routes, including their dead-letter queues. */
export const namesOf = (queues: readonly QueueRoutes[]): string[] =>
  queues.flatMap(({ queue, home, transient }) => (transient || queue !== home ? [queue] : [queue, `${queue}.dead`]));

export const isPattern = (type: string): boolean => /[*#]/.test(type);

/** AMQP topic matching: `*` is one word, `#` is zero or more words. */
export function topicMatcher(pattern: string): (type: string) => boolean {
  const words = pattern.split('.');
  return (type) => matches(words, type.split('.'));
}

function matches([head, ...rest]: readonly string[], words: readonly string[]): boolean {
  if (head === undefined) return words.length === 0;
  if (head === '#') return matches(rest, words) || (words.length > 0 && matches([head, ...rest], words.slice(1)));
  return words.length > 0 && (head === '*' || head === words[0]) && matches(rest, words.slice(1));
}
