/** Connection exceptions, resources that ran out, and a server that stops, starts or was told to end something: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const SQLSTATES = /^(08...|53...|57P0.|57014|55P03)$/;
/** Node's words for a server that cannot be reached, and Prisma's. */
const CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'P1001', 'P1002', 'P1008', 'P1017', 'P2024']);
/** Kinds of Prisma's driver adapters. */
const KINDS = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections']);
/** What node-postgres says itself has no code. */
const SAYINGS = /^(timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error)/;

interface Told {
  code?: unknown;
  message?: unknown;
  meta?: { driverAdapterError?: { cause?: { kind?: unknown; originalCode?: unknown } } };
}

/** Whether the database is away, or has no time, for now: the same question asked again may be answered. */
export function isUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, message, meta } = error as Told;
  const { kind, originalCode } = meta?.driverAdapterError?.cause ?? {};
  return [code, originalCode].some(isCode) || KINDS.has(String(kind)) || SAYINGS.test(String(message));
}

const isCode = (code: unknown): boolean => typeof code === 'string' && (CODES.has(code) || SQLSTATES.test(code));
