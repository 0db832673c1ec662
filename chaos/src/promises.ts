import { codeOf } from '@sluice/stack/errors';
import type { Answer } from '@sluice/stack/shop-client';

/** Refusals that name when to try again (docs/operations.md, "Gateways behind a load balancer"). */
const LATER = new Set([429, 503]);

/**
 * Which promise of the API an answer breaks while processes are replaced, and nothing fails: every request is answered,
 * and a refusal says when to try again.
 * @returns undefined when it breaks none
 */
export function brokenPromise({ request, status, headers }: Pick<Answer, 'request' | 'status' | 'headers'>) {
  if (status === 0) return `${request} was not answered`;
  if (LATER.has(status))
    return headers.has('retry-after') ? undefined : `${request} answered ${status} without Retry-After`;
  return status >= 500 ? `${request} answered ${status}` : undefined;
}

/** Why a request was not answered: the code of the socket's error, which fetch wraps. */
export const reasonOf = (error: unknown): string => String(codeOf((error as Error).cause) ?? codeOf(error) ?? error);
