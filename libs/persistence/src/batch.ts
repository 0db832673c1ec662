import type { Message, Outgoing, Problem } from '@sluice/contracts';
import { DELEGATED, encode, ProblemError } from '@sluice/messaging';
import type { QueryResult } from 'pg';
import type { Collection } from './collection.js';
import { newId } from './ids.js';
import { insertIds, deleteIds } from './inbox.js';
import type { OrderedTables } from './lock-order.js';
import type { Log } from './log.js';
import { toSql } from './naming.js';
import { insertRows, type OutboxRow } from './outbox.js';
import { Rows } from './rows.js';
import { prepared, type Statement } from './transaction.js';

/** One message and the rule about it. */
export interface Change {
  readonly message: Message;
  readonly keys: Readonly<Record<string, readonly string[] | undefined>>;
  readonly decide: (state: Readonly<Record<string, object>>, now: Date) => Decided;
}

/** A `Decision` about tables that are known only when it runs. */
interface Decided {
  readonly state?: Readonly<Record<string, Readonly<Record<string, object | undefined>> | undefined>>;
  readonly append?: Readonly<Record<string, readonly object[] | undefined>>;
  readonly messages?: readonly Outgoing[];
  readonly reply?: unknown;
  readonly problem?: Problem;
}

export type Outcome = { readonly answer: unknown } | { readonly error: unknown };

/** What became of a change in its batch; `held`: it was left out, since another transaction holds these of its rows (see `rowsOf`). */
export type BatchOutcome = Outcome | { readonly held: readonly string[] };

/** The inbox keeps ids in one spelling, so that a message in capitals is no other message. */
export const idOf = ({ message }: Change): string => message.id.toLowerCase();

/** The rows that a change names, as `collection/key`: all, or those that `are` so. */
export const rowsOf = (
  { keys }: Pick<Change, 'keys'>,
  are: (name: string, key: string) => boolean = () => true,
): string[] =>
  Object.entries(keys).flatMap(([name, values]) =>
    (values ?? []).filter((key) => are(name, key)).map((key) => `${name}/${key}`),
  );

/** The state, messages and answers of some changes, decided in the order of their arrival; touches no connection itself. */
export class Batch {
  readonly outbox: OutboxRow[] = [];
  /** One per change, in the same order; they hold once the batch is committed. */
  readonly outcomes: BatchOutcome[] = [];
  readonly #rows = new Map<string, Rows>();
  readonly #appended = new Map<string, object[]>();
  readonly #failed: string[] = [];
  /** When the transaction began, by the clock of the database. Nothing is decided by the clock of this process. */
  #now!: Date;

  /** @param changes of different messages @param skipLocked what needs a row that another transaction holds is left out, instead of waiting for it */
  constructor(
    private readonly tables: OrderedTables,
    private readonly source: string,
    private readonly changes: readonly Change[],
    private readonly skipLocked = false,
  ) {
    for (const [name, collection] of tables.collections) {
      const keys = new Set(changes.flatMap((change) => change.keys[name] ?? []));
      if (keys.size > 0) this.#rows.set(name, new Rows(collection, [...keys]));
    }
  }

  reads(): Statement[] {
    return [
      insertIds(this.changes.map(idOf)),
      ...[...this.#rows.values()].flatMap((rows) => rows.reads({ skipLocked: this.skipLocked })),
    ];
  }

  /** Runs the rules on the results of `reads()`; returns what is to be written, undefined when no message is to be kept as handled. */
  decide([inbox, ...results]: QueryResult[], now: Date): Statement[] | undefined {
    this.#now = now;
    const selects = results.filter(({ command }) => command === 'SELECT');
    for (const rows of this.#rows.values()) rows.fill(selects.shift()!);
    const claimed = new Set((inbox!.rows as { id: string }[]).map(({ id }) => id));
    for (const change of this.changes) this.outcomes.push(this.#outcome(change, claimed.has(idOf(change))));
    return this.#failed.length < claimed.size ? this.#writes() : undefined;
  }

  #outcome(change: Change, isNew: boolean): BatchOutcome {
    if (!isNew && !change.message.reply) return { answer: undefined };
    const held = this.skipLocked ? rowsOf(change, (name, key) => this.#rows.get(name)!.isHeld(key)) : [];
    if (held.length > 0) return this.#leaveOut(change, isNew, held);
    try {
      const decision = change.decide(this.#show(change.keys), this.#now);
      if (isNew) this.#apply(change, decision);
      if (decision.problem) return { error: new ProblemError(decision.problem) };
      return { answer: decision.messages?.some(({ delegate }) => delegate) ? DELEGATED : decision.reply };
    } catch (error) {
      if (isNew) this.#failed.push(idOf(change));
      return { error };
    }
  }

  #leaveOut(change: Change, isNew: boolean, held: readonly string[]): BatchOutcome {
    if (isNew) this.#failed.push(idOf(change));
    return { held };
  }

  #show(keys: Change['keys']): Record<string, object> {
    const shown = ([name]: [string, Collection]): [string, object] => {
      // Without a prototype: a product may be called `constructor`.
      const rows: Record<string, unknown> = Object.create(null);
      for (const key of keys[name] ?? []) rows[key] = this.#rows.get(name)!.get(key);
      return [name, rows];
    };
    return Object.fromEntries([...this.tables.collections].map(shown));
  }

  /** Everything that may fail comes first, so that a message counts as a whole or not at all. */
  #apply(change: Change, { state = {}, append = {}, messages = [] }: Decided): void {
    const writes = Object.entries(state).flatMap(([name, rows]) =>
      Object.entries(rows ?? {}).map(([key, row]) => this.#write(change, name, key, row)),
    );
    const logged = Object.entries(append).map(([name, entries]) => ({
      name: this.#logNamed(name),
      entries: entries ?? [],
    }));
    const outbox = messages.map((outgoing) => this.#envelope(outgoing, change.message));
    for (const write of writes) write();
    for (const { name, entries } of logged) this.#appended.set(name, [...(this.#appended.get(name) ?? []), ...entries]);
    this.outbox.push(...outbox);
  }

  #write({ keys }: Change, name: string, key: string, row: object | undefined): () => void {
    const rows = this.#rows.get(name);
    if (!rows || !keys[name]?.some((named) => rows.keyOf(named) === rows.keyOf(key)))
      throw new Error(`a rule wrote the row ${key} of ${name}, which its message did not name`);
    if (!row) throw new Error(`a rule wrote nothing as the row ${key} of ${name}; rows are not deleted`);
    return rows.write(key, row);
  }

  #logNamed(name: string): string {
    if (!this.tables.logs.has(name)) throw new Error(`a rule appended to ${name}, which is no log`);
    return name;
  }

  #envelope(
    outgoing: Outgoing,
    { id: causationId, correlationId, traceparent, reply, deadline, acceptedAt }: Message,
  ): OutboxRow {
    const id = newId();
    const left = deadline !== undefined && { timeoutMs: deadline - Date.now() };
    const caller = outgoing.delegate ? { reply, ...left, ...(acceptedAt !== undefined && { acceptedAt }) } : {};
    const wire = encode(outgoing, {
      id,
      time: this.#now.toISOString(),
      correlationId,
      causationId,
      traceparent,
      source: this.source,
      ...caller,
    });
    return { id, wire };
  }

  #writes(): Statement[] {
    const logged = [...this.#appended].filter(([, entries]) => entries.length > 0);
    return [
      ...[...this.#rows.values()].flatMap((rows) => rows.writes()),
      ...logged.map(([name, entries]) => this.#insert(this.tables.logs.get(name)!, entries)),
      ...(this.outbox.length > 0 ? [insertRows(this.outbox)] : []),
      ...(this.#failed.length > 0 ? [deleteIds(this.#failed)] : []),
    ];
  }

  #insert({ insert, columns }: Log, entries: object[]): Statement {
    return prepared(insert, [JSON.stringify(entries.map((entry) => toSql(columns, entry)))]);
  }
}
