import type { Outgoing, Problem } from '@sluice/contracts';
import type { Collection } from './collection.js';
import type { Log } from './log.js';

/** The tables that a unit of work may touch, by the names that its decisions use. */
export type Tables = Readonly<Record<string, Collection | Log>>;

type Named<T extends Tables, Kind> = { [N in keyof T]: T[N] extends Kind ? N : never }[keyof T];
type RowOf<Table> = Table extends Collection<infer Row> ? Row : Table extends Log<infer Row> ? Row : never;

/** The keys of the rows that a decision needs; what is not named here is not shown and cannot be written. */
export type Keys<T extends Tables> = { readonly [N in Named<T, Collection>]?: readonly string[] };

/** The rows of those keys: absent ones are undefined. Frozen: a decision makes new rows, it never changes one in place. */
export type State<T extends Tables> = {
  readonly [N in Named<T, Collection>]: Readonly<Record<string, RowOf<T[N]> | undefined>>;
};

/** What a rule has decided about the tables `T` (`typeof tables`); what is left out stays as it is. */
export interface Decision<R = unknown, T extends Tables = Record<never, never>> {
  /** Whole rows, by key. The rule raises the row's `version` when that is one of its columns; otherwise it is raised here. */
  readonly state?: { readonly [N in Named<T, Collection>]?: Readonly<Record<string, RowOf<T[N]>>> };
  readonly append?: { readonly [N in Named<T, Log>]?: readonly RowOf<T[N]>[] };
  readonly messages?: readonly Outgoing[];
  /** The answer to whoever asked. */
  readonly reply?: R;
  /** A business "no" that leaves a record: everything above is committed, then the change rejects with this ProblemError. */
  readonly problem?: Problem;
}

/**
 * A rule: from state and time to what shall be. It does no I/O, and it may run more than once for one message.
 * The time is that of the database's transaction: one clock for all processes of a service.
 * What it throws fails its own message and no other, and nothing of that message is kept. A refusal that must leave a record is a `problem`.
 */
export type Decide<R, T extends Tables> = (state: State<T>, now: Date) => Decision<R, T>;
