import { countOf, KINDS, type Finding } from './finding.js';
import type { OrderEntry } from './ledger.js';
import type { FaultResult } from './report.js';

/** Everything that a run has found out. */
export interface RunResult {
  rows: readonly Pick<
    FaultResult,
    'name' | 'skipped' | 'recoveredMs' | 'trouble' | 'observed' | 'flows' | 'paidLate'
  >[];
  findings: readonly Pick<Finding, 'kind'>[];
  /** Whether it was clean. */
  audit: boolean;
  /** Dead letters, by queue. */
  dead: Readonly<Record<string, number>>;
  /** Answers that the API does not document. */
  unexpected: readonly string[];
  /** Processes that ended by themselves, where no fault kills. */
  ended: readonly string[];
  /** Of an upgrade: how many streams were resumed, which those of a gateway that is replaced must be. */
  streams?: { readonly resumed: number } | undefined;
}

/** @returns what was wrong; nothing, when the run was clean */
export function wrongIn({ rows, findings, audit, dead, unexpected, ended, streams }: RunResult): string[] {
  const queues = Object.entries(dead).map(([queue, count]) => `${queue} ${count}`);
  return [
    ...rows.flatMap(wrongWith),
    ...KINDS.filter((kind) => countOf(findings, kind) > 0).map((kind) => `${countOf(findings, kind)} ${kind}`),
    ...(deadLetters(dead) > 0 ? [`${deadLetters(dead)} dead letters: ${queues.join(', ')}`] : []),
    ...(audit ? [] : ['the audit found something broken']),
    ...(streams?.resumed === 0 ? ['no stream was resumed'] : []),
    ...ended.map((process) => `ended by itself: ${process}`),
    ...unexpected.map((answer) => `not an answer of the API: ${answer}`),
  ];
}

function wrongWith({ name, skipped, recoveredMs, trouble, observed, flows, paidLate }: RunResult['rows'][number]) {
  if (skipped) return [];
  if (recoveredMs === undefined) return [`did not recover from: ${name}${trouble ? ` (${trouble})` : ''}`];
  return [
    ...(observed === false ? [`was not really there: ${name}`] : []),
    ...(flows && paidLate === 0 ? [`nothing was paid in the second half of: ${name}`] : []),
  ];
}

export const deadLetters = (dead: Readonly<Record<string, number>>): number =>
  Object.values(dead).reduce((sum, count) => sum + count, 0);

type Orders = { orders: readonly Pick<OrderEntry, 'intent' | 'acceptedAt' | 'endedAt' | 'paidAt'>[] };

/**
 * How long after the cure the last order had ended that was accepted before it, in ms. Orders that are left unpaid are
 * not counted; nor are claims: a piece of a sale comes back when somebody else has not paid for it.
 * @param cure ms since the epoch
 */
export function overAfter({ orders }: Orders, cure: number): number {
  const waited = orders.filter(({ intent, acceptedAt = Infinity }) => intent !== 'leave' && acceptedAt < cure);
  return Math.max(0, ...waited.map(({ endedAt = Infinity }) => endedAt - cure));
}

/** How many orders were paid between these two times. */
export const paidBetween = ({ orders }: Orders, from: number, to: number): number =>
  orders.filter(({ paidAt = -Infinity }) => paidAt >= from && paidAt < to).length;
