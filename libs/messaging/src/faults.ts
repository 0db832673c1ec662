import type { Problem } from '@sluice/contracts/kit';
import {
  LockedError,
  PermanentError,
  ProblemError,
  PublishError,
  UnavailableError,
  UnsupportedError,
} from './errors.js';

/**
 * Classification of an error; it decides the ending of the message (`settlement.ts`).
 * - `message`: it can never be handled.
 * - `caller`: a business "no", with the problem for the reply.
 * - `environment`: the dependency fails for now. The message is not charged an attempt, except with `mayBePoison`:
 * then the message itself may cause the failure, which shows when the dependency works for others.
 * - `lock`: another transaction holds a row that the message needs. The message is not charged an attempt.
 * - `version`: this replica does not support the type or the version; a newer one may.
 * - `unknown`: none of these, so most likely a bug.
 */
export type Fault =
  | { readonly whose: 'message' | 'lock' | 'version' | 'unknown' }
  | { readonly whose: 'caller'; readonly problem: Problem }
  | {
      readonly whose: 'environment';
      readonly dependency: string;
      readonly mayBePoison: boolean;
      readonly retryAfterMs?: number;
    };

/**
 * Names of the dependencies that are recognised by the error alone; every provider has its own name
 * (`UnavailableError`).
 */
export const DATABASE = 'database';
export const BROKER = 'broker';

/**
 * SQLSTATEs of temporary faults of the environment, by code or by class (the first two characters).
 * Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const SQLSTATES: Readonly<Record<string, string>> = {
  '08': 'connection exception',
  '25006': 'read-only transaction: after a failover, or set by an operator',
  '26000': 'a prepared statement is gone: a pooler between, or a failover',
  '28': 'login refused: a password that is being changed',
  '3D000': 'the database is not there: it is being restored',
  '40001': 'serialization failure: chosen to fail',
  '40P01': 'deadlock: chosen to fail',
  '53': 'insufficient resources: disk full, out of memory, too many connections',
  '55006': 'object in use',
  '55P03': 'lock not available',
  '57': 'operator intervention: statement timeout, shutdown, crash, startup',
  '58': 'system error: input or output, a missing file',
  XX001: 'data corrupted: a failing disk',
  XX002: 'index corrupted',
};

/**
 * Codes of faults that a single message can cause: a statement that is too slow, or that crashes its server process.
 */
const SUSPECT = /^(57014|57P0[12]|08...|40...|XX...|ECONNRESET|EPIPE)$/;

/** `lock_timeout` has expired. Source: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Codes of an unreachable server, from Node.js and libuv (https://nodejs.org/api/errors.html#common-system-errors)
 * and from Prisma (https://www.prisma.io/docs/orm/reference/error-reference).
 */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
]);

/** Kinds of Prisma's driver adapters (@prisma/driver-adapter-utils). */
const ADAPTER_KINDS = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'DatabaseDoesNotExist',
  'AuthenticationFailed',
]);

/** Errors raised by node-postgres itself have no code. */
const DRIVER_TEXTS =
  /^(timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error|Client was closed|no connection to the database)/;

/**
 * PostgreSQL refuses a prepared statement whose table has changed (0A000) until it is prepared on a new connection.
 * It happens when a migration runs while this process is connected.
 */
const STALE_PLAN = /^cached plan must not change result type/;

/**
 * HTTP statuses that do not concern the request itself (RFC 9110, 6585, 8470): it may be sent again unchanged. 401,
 * 403, 407: our own credentials, the same for every message. 409: the same key is still being handled
 * (draft-ietf-httpapi-idempotency-key-header, 2.6). Every 5xx is included as well.
 */
const HTTP_STATUSES = new Set([401, 403, 407, 408, 409, 421, 423, 425, 429]);

export const isUnavailableStatus = (status: number): boolean => status >= 500 || HTTP_STATUSES.has(status);

/** Statuses that a single request can cause: the provider fails on it, is too slow for it, or still handles its key. */
export const mayBePoisonStatus = (status: number): boolean => status >= 500 || status === 408 || status === 409;

interface ErrorLike {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly severity?: unknown;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
  readonly meta?: {
    readonly driverAdapterError?: { readonly cause?: { readonly kind?: unknown; readonly originalCode?: unknown } };
  };
}

/** Classifies a thrown value. */
export function faultOf(error: unknown): Fault {
  if (error instanceof ProblemError) return { whose: 'caller', problem: error.problem };
  if (error instanceof PermanentError) return { whose: 'message' };
  if (error instanceof UnsupportedError) return { whose: 'version' };
  if (error instanceof LockedError || isLocked(error)) return { whose: 'lock' };
  if (error instanceof UnavailableError) return unavailable(error);
  if (error instanceof PublishError) return { whose: 'environment', dependency: BROKER, mayBePoison: false };
  return isDatabaseFault(error)
    ? { whose: 'environment', dependency: DATABASE, mayBePoison: mayBePoison(error) }
    : { whose: 'unknown' };
}

const unavailable = ({ dependency, retryAfterMs, mayBePoison }: UnavailableError): Fault => ({
  whose: 'environment',
  dependency,
  mayBePoison,
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});

/** Another transaction holds a row, or a key that is being inserted, for longer than `lock_timeout`. */
export const isLocked = (error: unknown): boolean => codesOf(error).includes(LOCK_NOT_AVAILABLE);

/**
 * Whether the database fails for now, independent of the statement. Errors without a SQLSTATE come from the driver,
 * from Node.js, or from Prisma, and are recognised by their codes and texts.
 */
export function isDatabaseFault(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { message, severity, cause, errors, meta } = error as ErrorLike;
  if (
    severity === 'FATAL' ||
    severity === 'PANIC' ||
    DRIVER_TEXTS.test(String(message)) ||
    STALE_PLAN.test(String(message))
  )
    return true;
  if (codesOf(error).some(isDatabaseCode) || ADAPTER_KINDS.has(String(meta?.driverAdapterError?.cause?.kind)))
    return true;
  return [cause, meta?.driverAdapterError?.cause, ...(errors ?? [])].some(isDatabaseFault);
}

/** A connection that breaks during a statement has no error code of the server. */
const mayBePoison = (error: unknown): boolean =>
  codesOf(error).some((code) => SUSPECT.test(code)) ||
  /^(Connection terminated|Query read timeout)/.test(String((error as ErrorLike).message));

const isDatabaseCode = (code: string): boolean =>
  UNREACHABLE.has(code) || (isSqlState(code) && (code in SQLSTATES || code.slice(0, 2) in SQLSTATES));

const isSqlState = (code: string): boolean => /^[0-9A-Z]{5}$/.test(code);

function codesOf(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { code, meta } = error as ErrorLike;
  return [code, meta?.driverAdapterError?.cause?.originalCode].filter((one) => typeof one === 'string');
}
