import type { Operation } from './operations.js';

/** A request before it is written out: what the alterations change. */
export interface Draft {
  readonly operation: Operation;
  /** Whose token is sent. */
  readonly caller: string;
  readonly method: string;
  /** Of the path. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Parts of the query as they are sent, not encoded. */
  readonly extra?: readonly string[];
  readonly json?: unknown;
  /** Undefined takes a header out that is sent otherwise. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Instead of the path and query of the operation. */
  readonly target?: string;
  /** Instead of `json`. */
  readonly body?: Buffer;
  /** Instead of the caller's token. */
  readonly token?: string;
  /** Bytes that are sent instead of a well-formed request. */
  readonly raw?: Buffer;
  /** What was altered. */
  readonly how?: string;
  /** The statuses that it may be answered with; absent: it fits the document, only a business rule may refuse it. */
  readonly expects?: readonly number[];
  /** The document does not describe the response: another method or path. */
  readonly outside?: boolean;
}

/** A request as it is sent. */
export interface FuzzRequest extends Pick<
  Draft,
  'operation' | 'caller' | 'method' | 'raw' | 'how' | 'expects' | 'outside'
> {
  /** Its number in the run. */
  readonly n: number;
  /** How it was made, such as `body`. */
  readonly kind: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}
