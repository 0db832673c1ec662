import { EXCHANGES, type Topology } from '@sluice/contracts';
import { forbidden, type Attempt } from './attempt.js';
import type { User } from './user.js';

const isOwn = (user: User, queue: string): boolean => queue.startsWith(`${user.name}.`);

/** Reads every queue of another service. */
export async function readAll(user: User, { queues }: Topology): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  for (const { name: what } of queues.filter(({ name }) => !isOwn(user, name))) {
    const refusal = await user.attempt((channel) => channel.get(what));
    attempts.push({ user: user.name, what, way: 'read', ...forbidden(refusal, 'it can be read') });
  }
  return attempts;
}

/**
 * Binds every queue to what the user might read, and every exchange to every other. A binding that succeeds stays while
 * messages are sent.
 */
export async function bindAll(user: User, { queues, exchanges }: Topology): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  for (const { name: what } of queues) {
    // A binding needs a right to the queue and one to the exchange: the gateway has the latter to shop.live alone, and
    // no other user has one to a queue of another service.
    for (const source of isOwn(user, what) ? [EXCHANGES.events, EXCHANGES.live] : [EXCHANGES.live]) {
      const refusal = await user.attempt((channel) => channel.bindQueue(what, source, '#'));
      attempts.push({ user: user.name, what, way: `bound to ${source}`, ...forbidden(refusal, 'it can be bound') });
    }
  }
  for (const { name: what } of exchanges) {
    const why = await user.attempt((channel) => channel.bindExchange(what, EXCHANGES.live, '#'));
    const outcome = why === undefined ? 'nowhere' : 'refused';
    attempts.push({ user: user.name, what, way: `exchange bound to ${EXCHANGES.live}`, outcome, why });
  }
  return attempts;
}
