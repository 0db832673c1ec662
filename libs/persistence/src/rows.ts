import type { QueryResult } from 'pg';
import { asRead, frozen } from './as-read.js';
import { keyColumns, keyOf, type Collection } from './collection.js';
import { toSql } from './naming.js';
import { prepared, type Statement } from './transaction.js';

type Values = Record<string, unknown>;

interface Slot {
  readonly key: string;
  /** Undefined: the row does not exist. In a locked table a stub then holds the lock. */
  row?: Values;
  changed: boolean;
}

/** The rows of one collection during a batch: as they were read, plus the changes of earlier decisions of the batch. */
export class Rows {
  /** Slots by every spelling of a key: those in the messages, and the one in the table. */
  readonly #slots = new Map<string, Slot>();
  #types: ReadonlyMap<string, number> = new Map();

  /** @param keys unique keys, as the messages spell them */
  constructor(
    private readonly collection: Collection,
    private readonly keys: readonly string[],
  ) {}

  /** @param skipLocked true: skip rows that another transaction holds, instead of waiting for them */
  reads({ skipLocked = false } = {}): Statement[] {
    const { sql, lock } = this.collection;
    const given = [this.#json(this.keys)];
    const read = prepared(skipLocked ? sql.readSkipLocked : sql.read, given);
    return lock ? [prepared(sql.insertStubs, given), read] : [read];
  }

  /** Returns whether another transaction holds the row of this key. Valid after `reads({ skipLocked: true })`. */
  isHeld(key: string): boolean {
    return this.collection.lock && !this.#slots.has(key);
  }

  /** Stores the result of the last of `reads()`. Two spellings of one key (a UUID in capitals) share one row. */
  fill({ rows, fields }: QueryResult): void {
    this.#types = new Map(
      fields.filter(({ name }) => !name.startsWith('#')).map(({ name, dataTypeID }) => [name, dataTypeID]),
    );
    const slots = new Map<string, Slot>();
    for (const { '#key': position, '#version': version, ...row } of rows as Values[]) {
      const key = keyOf(this.collection, row);
      if (!slots.has(key)) slots.set(key, { key, row: version === 0 ? undefined : frozen(row), changed: false });
      this.#slots.set(this.keys[Number(position) - 1]!, slots.get(key)!).set(key, slots.get(key)!);
    }
  }

  /** Returns the key as the table spells it. Valid after `fill`, which receives the column types. */
  keyOf(key: string): string {
    return this.#slots.get(key)?.key ?? keyOf(this.collection, asRead(keyColumns(this.collection, key), this.#types));
  }

  /** @throws Error when a row that should be locked is missing: it was deleted, and the message must be retried */
  get(key: string): Values | undefined {
    const slot = this.#slots.get(key);
    if (!slot && this.collection.lock)
      throw new Error(`the row ${key} of ${this.collection.table} was deleted while it was being locked`);
    return slot?.row;
  }

  /** Checks a new row. @returns a function that stores it @throws Error when the rule must not write it */
  write(key: string, row: object): () => void {
    const { table, lock, columns } = this.collection;
    const slot = this.#slots.get(this.keyOf(key));
    if (!lock || !slot)
      throw new Error(
        `a rule wrote the row ${key} of ${table}, which ${lock ? 'its message did not lock' : 'is only read here'}`,
      );
    if (row === slot.row) return () => {};
    const own = keyOf(this.collection, row);
    if (this.keyOf(own) !== slot.key) throw new Error(`a rule wrote the row ${own} of ${table} under the key ${key}`);
    const written = asRead({ ...row, ...keyColumns(this.collection, slot.key) }, this.#types);
    if (columns.includes('version') && !(Number(written['version']) >= 1))
      throw new Error(`a rule wrote the row ${key} of ${table} without a version`);
    return () => Object.assign(slot, { row: written, changed: true });
  }

  /** Returns one update of all changed rows, and one delete of all unused stubs. */
  writes(): Statement[] {
    const { sql, columns, lock } = this.collection;
    const slots = lock ? [...new Set(this.#slots.values())] : [];
    const changed = slots.filter((slot) => slot.changed).map((slot) => toSql(columns, slot.row!));
    const unused = slots.filter((slot) => !slot.row).map((slot) => slot.key);
    return [
      ...(changed.length > 0 ? [prepared(sql.update, [JSON.stringify(changed)])] : []),
      ...(unused.length > 0 ? [prepared(sql.deleteStubs, [this.#json(unused)])] : []),
    ];
  }

  #json(keys: readonly string[]): string {
    return JSON.stringify(keys.map((key) => toSql(this.collection.key, keyColumns(this.collection, key))));
  }
}
