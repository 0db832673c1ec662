import type { Problem } from '@sluice/contracts/kit';
import type { Answer } from './answer.js';
import { DELEGATED } from './delegated.js';
import { MalformedError, SenderError } from './errors.js';
import { faultOf, type Fault } from './faults.js';
import { reasonOf } from './reason.js';

/** Outcome of the handler for one delivery. */
export type Outcome = { readonly returned: unknown } | { readonly threw: unknown };

export interface Circumstances {
  /** How often this message has failed before. */
  readonly attempts: number;
  /** How often this message was sent through a tier without being charged an attempt. */
  readonly unchargedRetries: number;
  /** The waiting times before each further try; after the last one, dead letter. Milliseconds. */
  readonly tiersMs: readonly number[];
  /** The message may be lost and must not be stored (reads, passwords): never retried, never a dead letter. */
  readonly transient: boolean;
  /** State of the caller: `late` when its deadline has passed, `nobody` when the message never had a caller. */
  readonly caller: 'waiting' | 'late' | 'nobody';
  /** The dependency works for other messages: this message itself may be the reason, and is charged an attempt. */
  readonly failsAlone: boolean;
  /** How long a message waits for a replica that supports it, before it is dead-lettered. Milliseconds. */
  readonly unsupportedForMs: number;
}

/**
 * Endings of a delivery: done (with or without a reply), retried later, or dead; the ack follows. `hold` is not an
 * ending yet: the message stays unacknowledged until its dependency works again.
 */
export type Ending =
  | { readonly do: 'ack'; readonly answer?: Answer; readonly note?: string }
  | {
      readonly do: 'hold';
      readonly dependency: string;
      readonly mayBePoison: boolean;
      readonly reason: string;
      readonly retryAfterMs?: number;
    }
  | {
      readonly do: 'retry';
      readonly tierMs: number;
      readonly attempts: number;
      readonly unchargedRetries: number;
      readonly reason: string;
    }
  | {
      readonly do: 'dead';
      readonly attempts: number;
      readonly reason: string;
      readonly stack?: string;
      readonly answer?: Answer;
    };

/**
 * The first retries use the shortest tier, since most replicas may support the message already; the others use the
 * next tier.
 */
const QUICK_RETRIES = 5;

/**
 * Decides the ending of a delivery. A returned value means done, even after the caller's deadline: late means no
 * reply, but the work counts.
 */
export function settle(outcome: Outcome, circumstances: Circumstances): Ending {
  if ('threw' in outcome) return settleError(outcome.threw, circumstances);
  const value = outcome.returned;
  return value === DELEGATED ? { do: 'ack' } : done({ value }, circumstances);
}

function settleError(error: unknown, circumstances: Circumstances): Ending {
  const fault = faultOf(error);
  if (fault.whose === 'caller' && circumstances.caller !== 'nobody')
    return done({ problem: fault.problem }, circumstances);
  if (circumstances.transient)
    return { ...done({ problem: problemOf(error, fault) }, circumstances), note: reasonOf(error) };
  switch (fault.whose) {
    case 'environment':
      return fault.mayBePoison && circumstances.failsAlone ? retryCharged(error, circumstances) : hold(error, fault);
    case 'lock':
      return retryUncharged(error, circumstances, circumstances.tiersMs[0]);
    case 'version':
      return retryUncharged(error, circumstances, tierOfUnsupported(circumstances));
    case 'unknown':
      return retryCharged(error, circumstances);
    case 'message':
    case 'caller':
      return dead(error, circumstances);
  }
}

const hold = (error: unknown, { dependency, mayBePoison, retryAfterMs }: Fault & { whose: 'environment' }): Ending => ({
  do: 'hold',
  dependency,
  mayBePoison,
  reason: reasonOf(error),
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});

/** Retries in the next tier, or dead-letters after the last one. */
function retryCharged(error: unknown, circumstances: Circumstances): Ending {
  const { attempts, unchargedRetries, tiersMs } = circumstances;
  const tierMs = tiersMs[attempts];
  return tierMs === undefined
    ? dead(error, circumstances)
    : { do: 'retry', tierMs, attempts: attempts + 1, unchargedRetries, reason: reasonOf(error) };
}

/** Retries in a tier without charging an attempt. */
function retryUncharged(error: unknown, circumstances: Circumstances, tierMs: number | undefined): Ending {
  const { attempts, unchargedRetries } = circumstances;
  return tierMs === undefined
    ? dead(error, circumstances)
    : { do: 'retry', tierMs, attempts, unchargedRetries: unchargedRetries + 1, reason: reasonOf(error) };
}

/**
 * Tier of an unsupported message; undefined when no replica has supported it for `unsupportedForMs`. Time is counted
 * in retries, since clocks differ.
 */
function tierOfUnsupported({ unchargedRetries, tiersMs, unsupportedForMs }: Circumstances): number | undefined {
  const [quick = 0, slow = quick] = tiersMs;
  const waitedMs =
    Math.min(unchargedRetries, QUICK_RETRIES) * quick + Math.max(unchargedRetries - QUICK_RETRIES, 0) * slow;
  if (waitedMs >= unsupportedForMs) return undefined;
  return unchargedRetries < QUICK_RETRIES ? tiersMs[0] : slow;
}

const done = (answer: Answer, { caller }: Circumstances): Ending & { do: 'ack' } => {
  if (caller === 'waiting') return { do: 'ack', answer };
  return 'problem' in answer
    ? { do: 'ack', note: `nobody waits for this any more: ${answer.problem.title}` }
    : { do: 'ack' };
};

/**
 * Dead-letters the message and replies to a caller that still waits: a redrive by an operator would come too late for
 * it.
 */
function dead(error: unknown, { attempts, caller }: Circumstances): Ending & { do: 'dead' } {
  return {
    do: 'dead',
    attempts: attempts + 1,
    reason: reasonOf(error),
    ...(error instanceof Error && error.stack !== undefined && { stack: error.stack }),
    ...(caller === 'waiting' && { answer: { problem: problemOf(error, faultOf(error)) } }),
  };
}

/** Problem for the caller: it reveals only the class of a fault, not its details. */
function problemOf(error: unknown, { whose }: Fault): Problem {
  if (error instanceof MalformedError)
    return { type: 'about:blank', title: 'Malformed message', status: 400, detail: error.message };
  if (error instanceof SenderError)
    return { type: 'about:blank', title: 'Forbidden', status: 403, detail: error.message };
  if (whose === 'environment' || whose === 'lock' || whose === 'version')
    return { type: 'about:blank', title: 'Temporarily unavailable', status: 503 };
  return { type: 'about:blank', title: 'Internal error', status: 500 };
}
