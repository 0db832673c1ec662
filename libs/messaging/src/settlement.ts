import type { Problem } from '@sluice/contracts';
import type { Answer } from './answer.js';
import { DELEGATED } from './delegated.js';
import { MalformedError, PermanentError, ProblemError, UnavailableError } from './errors.js';

/** What became of one delivery. */
export type Outcome = { readonly returned: unknown } | { readonly threw: unknown };

export interface Circumstances {
  /** How often this message has failed before. */
  readonly attempts: number;
  /** The waiting times before each further try; after the last one, dead letter. Milliseconds. */
  readonly tiersMs: readonly number[];
  /** It may be lost and must not be kept (reads, passwords): never retried, never a dead letter. */
  readonly transient: boolean;
  /** Whether somebody waits for an answer: `late` when their deadline has passed, `nobody` when none ever did. */
  readonly caller: 'waiting' | 'late' | 'nobody';
}

/** The three endings of a delivery: done (with an answer or without), tried again later, or dead. The ack comes after. */
export type Ending =
  | { readonly do: 'ack'; readonly answer?: Answer; readonly note?: string }
  | { readonly do: 'retry'; readonly tierMs: number; readonly attempts: number; readonly reason: string }
  | { readonly do: 'dead'; readonly attempts: number; readonly reason: string; readonly stack?: string; readonly answer?: Answer };

/** How a delivery ends. Whatever was returned is done, also when its caller has gone: late means no reply, never no work. */
export function settle(outcome: Outcome, circumstances: Circumstances): Ending {
  if ('threw' in outcome) return settleError(outcome.threw, circumstances);
  const value = outcome.returned;
  return value === DELEGATED ? { do: 'ack' } : done({ value }, circumstances);
}

function settleError(error: unknown, circumstances: Circumstances): Ending {
  const { transient, caller, attempts, tiersMs } = circumstances;
  if (error instanceof ProblemError && caller !== 'nobody') return done({ problem: error.problem }, circumstances);
  if (transient) return { ...done({ problem: problemOf(error) }, circumstances), note: reasonOf(error) };
  const tierMs = tiersMs[attempts];
  const pointless = error instanceof PermanentError || error instanceof ProblemError;
  if (!pointless && tierMs !== undefined) return { do: 'retry', tierMs, attempts: attempts + 1, reason: reasonOf(error) };
  return dead(error, circumstances);
}

const done = (answer: Answer, { caller }: Circumstances): Ending & { do: 'ack' } => {
  if (caller === 'waiting') return { do: 'ack', answer };
  return 'problem' in answer ? { do: 'ack', note: `nobody waits for this any more: ${answer.problem.title}` } : { do: 'ack' };
};

/** A caller who still waits is told: an operator may replay the letter, but nothing will come of it in time. */
function dead(error: unknown, { attempts, caller }: Circumstances): Ending {
  return {
    do: 'dead',
    attempts: attempts + 1,
    reason: reasonOf(error),
    ...(error instanceof Error && error.stack !== undefined && { stack: error.stack }),
    ...(caller === 'waiting' && { answer: { problem: problemOf(error) } }),
  };
}

/** What a stranger may know about a fault: whose fault it is. */
function problemOf(error: unknown): Problem {
  if (error instanceof MalformedError) return { type: 'about:blank', title: 'Malformed message', status: 400, detail: error.message };
  if (error instanceof UnavailableError) return { type: 'about:blank', title: 'Temporarily unavailable', status: 503 };
  return { type: 'about:blank', title: 'Internal error', status: 500 };
}

const reasonOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));
