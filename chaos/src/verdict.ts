// @ts-nocheck
/**
 * What a run has found out.
 * @typedef {object} Reckoning
 * @property {import('./report.js').Row[]} rows @property {import('./judge.js').Finding[]} findings
 * @property {boolean} audit whether it was clean @property {Record<string, number>} dead letters, by queue
 * @property {string[]} unexpected answers that the API does not know @property {string[]} ended processes that ended by themselves, where no fault kills
 */

/** @param {Reckoning} reckoning @returns {string[]} what was wrong; nothing, when all is well */
export function wrongIn({ rows, findings, audit, dead, unexpected, ended }) {
  return [
    ...rows.flatMap(wrongAbout),
    ...['lost', 'doubled']
      .map((kind) => [countOf(findings, kind), kind])
      .filter(([count]) => count > 0)
      .map(([count, kind]) => `${count} ${kind}`),
    ...(deadLetters(dead) > 0
      ? [
          `${deadLetters(dead)} dead letters: ${Object.entries(dead)
            .map(([queue, count]) => `${queue} ${count}`)
            .join(', ')}`,
        ]
      : []),
    ...(audit ? [] : ['the audit found something broken']),
    ...ended.map((who) => `ended by itself: ${who}`),
    ...unexpected.map((what) => `not an answer of the API: ${what}`),
  ];
}

/** @param {import('./report.js').Row} row */
function wrongAbout({ name, skipped, recoveredMs, trouble, bit, flows, paidLate }) {
  if (skipped) return [];
  if (recoveredMs === undefined) return [`did not recover from: ${name}${trouble ? ` (${trouble})` : ''}`];
  return [
    ...(bit === false ? [`was not really there: ${name}`] : []),
    ...(flows && paidLate === 0 ? [`nothing was paid in the second half of: ${name}`] : []),
  ];
}

export const countOf = (findings, kind) => findings.filter((finding) => finding.kind === kind).length;

export const deadLetters = (dead) => Object.values(dead).reduce((sum, count) => sum + count, 0);

/**
 * How long after the cure the last order had ended that was accepted before it. Who leaves an order unpaid is not waited for; nor
 * is who waits for a piece of a sale, which comes back when somebody else has not paid for it.
 * @param {{ orders: import('./ledger.js').OrderEntry[] }} ledger @param {number} cure ms since the epoch
 * @returns {number} ms
 */
export function overAfter({ orders }, cure) {
  const waited = orders.filter(({ wish, acceptedAt }) => wish !== 'leave' && acceptedAt < cure);
  return Math.max(0, ...waited.map(({ endedAt = Infinity }) => endedAt - cure));
}

/** @param {{ orders: import('./ledger.js').OrderEntry[] }} ledger @returns {number} orders paid between these two times */
export const paidBetween = ({ orders }, from, to) =>
  orders.filter(({ paidAt }) => paidAt >= from && paidAt < to).length;
