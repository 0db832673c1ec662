import type { Message, Outgoing, Problem } from '@sluice/contracts/kit';
import { DELEGATED, encode, ProblemError } from '@sluice/messaging';
import type { QueryResult } from 'pg';
import type { Collection } from './collection.js';
import type { Committed } from './committed-rows.js';
import { inBatches } from './batched-rows.js';
import { newId } from './ids.js';
import { claimIds, deleteIds } from './inbox.js';
import type { OrderedTables } from './lock-order.js';
import type { Log } from './log.js';
import { toSql } from './naming.js';
import { insertRows, type OutboxRow } from './outbox.js';
import { Rows } from './rows.js';
import { prepared, type Begun, type Claim, type Ending, type Statement } from './transaction.js';
import type { UnheardFacts } from './unheard-facts.js';

/** A message, the keys of the rows that it needs, and the rule that decides about it. */
export interface Change {
  readonly message: Message;
  readonly keys: Readonly<Record<string, readonly string[] | undefined>>;
  readonly decide: (state: Readonly<Record<string, object>>, now: Date) => Decided;
}

/** A `Decision` without the types of its tables. */
interface Decided {
  readonly state?: Readonly<Record<string, Readonly<Record<string, object | undefined>> | undefined>>;
  readonly append?: Readonly<Record<string, readonly object[] | undefined>>;
  readonly messages?: readonly Outgoing[];
  readonly reply?: unknown;
  readonly problem?: Problem;
}

export type Outcome = { readonly answer: unknown } | { readonly error: unknown };

/**
 * The result of a change in its batch. `held`: left out, because another transaction holds these rows (see `rowsOf`).
 */
export type BatchOutcome = Outcome | { readonly held: readonly string[] };

/** Message id in lower case, as the inbox stores it: the same UUID in capitals is the same message. */
export const idOf = ({ message }: Change): string => message.id.toLowerCase();

/** The rows that a change names, as `collection/key`: all of them, or only those for which `matches` returns true. */
export const rowsOf = (
  { keys }: Pick<Change, 'keys'>,
  matches: (name: string, key: string) => boolean = () => true,
): string[] =>
  Object.entries(keys).flatMap(([name, values]) =>
    (values ?? []).filter((key) => matches(name, key)).map((key) => `${name}/${key}`),
  );

export interface BatchOptions {
  /**
   * True: a change that needs a row held by another transaction is left out instead of waiting, and every key is locked
   * before its rule runs. False: absent keys are locked by the writes (see `Rows`).
   */
  readonly skipLocked: boolean;
  /** True: facts of one type travel as one message. */
  readonly publishBatches: boolean;
  /** Facts on demand of these types are not stored and not published. */
  readonly unheard: Pick<UnheardFacts, 'has'>;
}

/** Decides changes in the order of their arrival; collects their rows, messages and replies. Does no I/O. */
export class Batch implements Committed {
  outbox: OutboxRow[] = [];
  /** Outcome of each change, in the same order; valid after the batch has been committed. */
  readonly outcomes: BatchOutcome[] = [];
  readonly #rows = new Map<string, Rows>();
  readonly #appended = new Map<string, object[]>();
  readonly #failed: string[] = [];
  /** Start of the transaction by the clock of the database. Rules never use the clock of this process. */
  #now!: Date;

  /**
   * @param changes changes of different messages
   */
  constructor(
    private readonly tables: OrderedTables,
    private readonly source: string,
    private readonly changes: readonly Change[],
    private readonly options: BatchOptions,
  ) {
    for (const [name, collection] of tables.collections) {
      const keys = new Set(changes.flatMap((change) => change.keys[name] ?? []));
      if (keys.size > 0) this.#rows.set(name, new Rows(collection, [...keys]));
    }
  }

  claim(): Claim {
    return claimIds(this.changes.map(idOf));
  }

  reads(): Statement[] {
    return [...this.#rows.values()].flatMap((rows) => rows.reads({ skipLocked: this.options.skipLocked }));
  }

  /**
   * Runs the rules on the results of `reads()`.
   * @returns the writes. When no new message has succeeded, nothing must be committed: only checks are left
   */
  decide(results: QueryResult[], { now, claimed: ids = [] }: Begun): Ending {
    this.#now = now;
    const selects = results.filter(({ command }) => command === 'SELECT');
    for (const rows of this.#rows.values()) rows.fill(selects.shift()!);
    const claimed = new Set(ids);
    for (const change of this.changes) this.outcomes.push(this.#outcome(change, claimed.has(idOf(change))));
    if (this.options.publishBatches) this.outbox = inBatches(this.outbox);
    const commit = this.#failed.length < claimed.size;
    return { commit, statements: commit ? this.#writes() : [...this.#rows.values()].flatMap((rows) => rows.checks()) };
  }

  rowOf(table: Collection, key: string): object | undefined {
    return [...this.#rows.values()].find(({ collection }) => collection === table)?.find(key);
  }

  #outcome(change: Change, isNew: boolean): BatchOutcome {
    if (!isNew && !change.message.reply) return { answer: undefined };
    const held = this.options.skipLocked ? rowsOf(change, (name, key) => this.#rows.get(name)!.isHeld(key)) : [];
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
      // No prototype, because a product may be called `constructor`.
      const rows: Record<string, unknown> = Object.create(null);
      for (const key of keys[name] ?? []) rows[key] = this.#rows.get(name)!.get(key);
      return [name, rows];
    };
    return Object.fromEntries([...this.tables.collections].map(shown));
  }

  /** All steps that can fail run first, so that a message is applied completely or not at all. */
  #apply(change: Change, { state = {}, append = {}, messages = [] }: Decided): void {
    const writes = Object.entries(state).flatMap(([name, rows]) =>
      Object.entries(rows ?? {}).map(([key, row]) => this.#write(change, name, key, row)),
    );
    const logged = Object.entries(append).map(([name, entries]) => ({
      name: this.#logNamed(name),
      entries: entries ?? [],
    }));
    const outbox = messages
      .filter(({ contract }) => !contract.onDemand || !this.options.unheard.has(contract.type))
      .map((outgoing) => this.#envelope(outgoing, change.message));
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
