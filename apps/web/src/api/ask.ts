import { reconnected } from './connection.js';
import { pause } from './pause.js';
import { Problem } from './problem.js';
import { verdictOn } from './retry.js';
import { session, signedInAgain } from './session.js';
import { waiting } from './waits.js';

/** As openapi-fetch returns it. */
interface Outcome<D> {
  data?: D;
  error?: unknown;
  response: Response;
}

export interface Answer<D> {
  data: Exclude<D, undefined>;
  response: Response;
}

export interface Asking {
  signal?: AbortSignal | undefined;
  /** Whether 401 means that the person has to sign in, and not that what they sent is wrong. */
  signIn?: boolean;
}

/**
 * Repeats a request until its answer is final: while the gateway is gone, while it asks to come again (429, 503), and
 * after the person has signed in again (401). Each attempt is the same request, so what changes something has an
 * idempotency key, or is harmless when repeated.
 * @throws Problem the API refuses the request
 */
export async function ask<D>(
  send: () => Promise<Outcome<D>>,
  { signal, signIn = true }: Asking = {},
): Promise<Answer<D>> {
  for (;;) {
    const token = session.get()?.token;
    const outcome = await send().catch(unlessUnreachable);
    signal?.throwIfAborted();
    if (!outcome) await reconnected(signal);
    else if (await isFinal(outcome, { signal, signIn }, token)) return answerOf(outcome);
  }
}

/** A request that reached nobody fails with a TypeError. */
function unlessUnreachable(error: unknown): undefined {
  if (!(error instanceof TypeError)) throw error;
}

/** Waits for what the response asks for. @returns whether it is the last one */
async function isFinal(
  { response, error }: Outcome<unknown>,
  { signal, signIn }: Asking,
  token: string | undefined,
): Promise<boolean> {
  const limit = typeof error === 'object' && error !== null && 'limit' in error;
  const { status, headers } = response;
  const verdict = verdictOn({ status, retryAfter: headers.get('retry-after'), limit });
  if (verdict.kind === 'again') {
    const { afterMs, reason } = verdict;
    await waiting({ reason, until: Date.now() + afterMs }, pause(afterMs, signal));
    return false;
  }
  if (verdict.kind !== 'sign-in' || !signIn) return true;
  await signedInAgain(token, signal);
  return false;
}

function answerOf<D>({ data, error, response }: Outcome<D>): Answer<D> {
  if (response.ok) return { data: data as Exclude<D, undefined>, response };
  throw new Problem(bodyOf(error, response));
}

/** Something between the page and the API may answer with another form than the API's. */
const bodyOf = (error: unknown, { status, statusText }: Response): Problem['body'] =>
  typeof error === 'object' && error !== null && 'title' in error
    ? (error as Problem['body'])
    : { type: 'about:blank', title: statusText || 'Error', status };
