// @ts-nocheck
const ORDER = ['refused', 'not believed', 'nowhere', 'to itself', 'allowed', 'BROKEN', 'FORGED'];
const LEGEND = `refused: by the server. not believed: taken from the queue by its consumer, and made a dead letter.
nowhere: no consumer gets it. to itself: only the consumers of its own sender take it.
allowed: it is what this user is there for.`;

/** @param {import('./broker.js').Tried} one */
export const isWrong = ({ outcome }) => outcome === 'FORGED' || outcome === 'BROKEN';

/**
 * For people: a line for each user and way, with how many messages (or queues, or tables) ended how.
 * @param {import('./broker.js').Tried[]} tried
 * @param {{ all: boolean }} options all: a line for each one, with the reason
 */
export function reportLines(tried, { all }) {
  const lines = all
    ? tried.map(({ user, what, way, outcome, why }) => `${user}  ${what}  ${way}: ${outcome}${why ? ` (${why})` : ''}`)
    : grouped(tried);
  const wrong = tried.filter(isWrong);
  const end =
    wrong.length > 0
      ? wrong.map(({ user, what, way, outcome, why }) => `✗ ${user}, ${what}, ${way}: ${outcome}, ${why}`)
      : [`✓ ${tried.length} tried, none that must not be`];
  return [...lines, '', LEGEND, '', ...end];
}

function grouped(tried) {
  const cells = new Map();
  for (const { user, way, outcome } of tried) {
    const cell = cells.get(`${user}\n${way}`) ?? {};
    cells.set(`${user}\n${way}`, { ...cell, [outcome]: (cell[outcome] ?? 0) + 1 });
  }
  const width = Math.max(...tried.map(({ way }) => way.length));
  const users = new Set(tried.map(({ user }) => user));
  return [...users].flatMap((user) => [
    '',
    user,
    ...[...cells]
      .filter(([key]) => key.startsWith(`${user}\n`))
      .map(([key, cell]) => `  ${key.slice(user.length + 1).padEnd(width)}  ${counts(cell)}`),
  ]);
}

const counts = (cell) =>
  ORDER.filter((outcome) => cell[outcome])
    .map((outcome) => `${cell[outcome]} ${outcome}`)
    .join(', ');
