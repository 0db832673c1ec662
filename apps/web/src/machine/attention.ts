import type { Snapshot } from './snapshot.js';
import type { Words } from './words.js';

/** What needs somebody's attention, the worst first; empty when all is well. */
export function attentionOf({ services, queues, dependencies, invariants }: Snapshot, words: Words): string[] {
  const gone = services.filter(({ processes }) => processes.every((one) => one.gone));
  const sick = dependencies.filter(({ state }) => state === 'sick');
  const broken = invariants.filter(({ violations = 0 }) => violations > 0);
  const paused = queues.filter((queue) => queue.paused);
  const letters = queues.filter(({ deadLetters = 0 }) => deadLetters > 0);
  return [
    ...broken.map(({ service, name, violations }) => words.broken(service, name, violations!)),
    ...gone.map(({ service }) => words.gone(service)),
    ...sick.map(({ service, name }) => words.sick(service, name)),
    ...paused.map(({ queue }) => words.paused(queue)),
    ...letters.map(({ queue, deadLetters }) => words.lettersIn(deadLetters!, queue)),
  ];
}
