import type { Outgoing, Problem } from '@sluice/contracts/kit';
import type { Collection } from './collection.js';
import type { Log } from './log.js';

/** The tables that a unit of work may touch, by the names that its decisions use. */
export type Tables = Readonly<Record<string, Collection | Log>>;

type Named<T extends Tables, Kind> = { [N in keyof T]: T[N] extends Kind ? N : never }[keyof T];
type RowOf<Table> = Table extends Collection<infer Row> ? Row : Table extends Log<infer Row> ? Row : never;

/** The keys of the rows that a decision needs. A row that is not named here can neither be read nor written. */
export type Keys<T extends Tables> = { readonly [N in Named<T, Collection>]?: readonly string[] };

/** The rows of the named keys; an absent row is undefined. Rows are frozen: a decision returns new ones. */
export type State<T extends Tables> = {
  readonly [N in Named<T, Collection>]: Readonly<Record<string, RowOf<T[N]> | undefined>>;
};

/** The result of a rule about the tables `T` (`typeof tables`). Rows that it does not name stay as they are. */
export interface Decision<R = unknown, T extends Tables = Record<never, never>> {
  /** Complete rows, by key. The rule raises `version` if it is one of the row's columns; otherwise the update does. */
  readonly state?: { readonly [N in Named<T, Collection>]?: Readonly<Record<string, RowOf<T[N]>>> };
  readonly append?: { readonly [N in Named<T, Log>]?: readonly RowOf<T[N]>[] };
  readonly messages?: readonly Outgoing[];
  /** The reply to the caller. */
  readonly reply?: R;
  /** A refusal that is stored: everything above is committed, then `change` rejects with this ProblemError. */
  readonly problem?: Problem;
}

/**
 * A rule: a function from state and time to a decision. It does no I/O and may run more than once for one message.
 * `now` is the start of the database transaction: one clock for all processes of a service.
 * An error that it throws fails only its own message, and nothing of that message is stored.
 * Return `problem` for a refusal that must be stored.
 */
export type Decide<R, T extends Tables> = (state: State<T>, now: Date) => Decision<R, T>;
