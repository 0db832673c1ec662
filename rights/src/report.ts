import { isWrong, OUTCOMES, type Attempt } from './attempt.js';

export { isWrong };

const LEGEND = `refused: by the server. not believed: taken from the queue by its consumer, and made a dead letter.
nowhere: no consumer gets it. to itself: only the consumers of its own sender take it.
allowed: it is what this user is there for.`;

/**
 * For people: a line for each user and way, with how many messages (or queues, or tables) ended how.
 * @param all a line for each attempt, with the reason
 */
export function reportLines(attempts: readonly Attempt[], { all = false }: { all?: boolean }): string[] {
  const lines = all
    ? attempts.map(
        ({ user, what, way, outcome, why }) => `${user}  ${what}  ${way}: ${outcome}${why ? ` (${why})` : ''}`,
      )
    : grouped(attempts);
  const wrong = attempts.filter(isWrong);
  const end =
    wrong.length > 0
      ? wrong.map(({ user, what, way, outcome, why }) => `✗ ${user}, ${what}, ${way}: ${outcome}, ${why}`)
      : [`✓ ${attempts.length} tried, none that must not be`];
  return [...lines, '', LEGEND, '', ...end];
}

function grouped(attempts: readonly Attempt[]): string[] {
  const width = Math.max(...attempts.map(({ way }) => way.length));
  return [...groupedBy(attempts, ({ user }) => user)].flatMap(([user, ofUser]) => [
    '',
    user,
    ...[...groupedBy(ofUser, ({ way }) => way)].map(([way, ofWay]) => `  ${way.padEnd(width)}  ${counts(ofWay)}`),
  ]);
}

function groupedBy(attempts: readonly Attempt[], keyOf: (attempt: Attempt) => string): Map<string, Attempt[]> {
  const groups = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const group = groups.get(keyOf(attempt));
    if (group) group.push(attempt);
    else groups.set(keyOf(attempt), [attempt]);
  }
  return groups;
}

const counts = (attempts: readonly Attempt[]): string =>
  OUTCOMES.map((outcome) => ({ outcome, count: attempts.filter((one) => one.outcome === outcome).length }))
    .filter(({ count }) => count > 0)
    .map(({ outcome, count }) => `${count} ${outcome}`)
    .join(', ');
