import type { QueryResult } from 'pg';
import { asRead, frozen } from './as-read.js';
import { keyColumns, keyOf, type Collection } from './collection.js';
import { toSql } from './naming.js';
import { prepared, type Statement } from './transaction.js';

type Values = Record<string, unknown>;

interface Slot {
  readonly key: string;
  /** The row as it was read; undefined: it does not exist, or only as a stub. */
  readonly before: Values | undefined;
  /** Whether the table has a row with this key, which may be a stub. */
  readonly stored: boolean;
  row: Values | undefined;
}

/** The rows of one collection during a batch: as they were read, plus the changes of earlier decisions of the batch. */
export class Rows {
  /** Slots by every spelling of a key: those in the messages, and the one in the table. */
  readonly #slots = new Map<string, Slot>();
  #types: ReadonlyMap<string, number> = new Map();
  /** Whether every key has a row or a stub, so that a key without one is held by another transaction. */
  #stubsLock = false;

  /** @param keys unique keys, as the messages spell them */
  constructor(
    readonly collection: Collection,
    private readonly keys: readonly string[],
  ) {}

  /**
   * Locks the rows that exist. A key without a row is locked by the writes, which fail when another transaction has
   * inserted the row meanwhile.
   * @param skipLocked true: skip rows that another transaction holds, instead of waiting for them, and lock every key
   *   now: absent ones by stubs
   */
  reads({ skipLocked = false } = {}): Statement[] {
    const { sql, lock } = this.collection;
    this.#stubsLock = lock && skipLocked;
    if (!skipLocked && sql.readByKey) return [prepared(sql.readByKey, [this.keys])];
    const given = [this.#json(this.keys)];
    const read = prepared(skipLocked ? sql.readSkipLocked : sql.read, given);
    return this.#stubsLock ? [prepared(sql.insertStubs, given), read] : [read];
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
      const before = version === 0 ? undefined : frozen(row);
      if (!slots.has(key)) slots.set(key, { key, before, stored: true, row: before });
      const slot = slots.get(key)!;
      this.#slots.set(key, slot);
      if (position !== undefined) this.#slots.set(this.keys[Number(position) - 1]!, slot);
    }
    if (this.collection.lock && !this.#stubsLock) this.#addOthers();
  }

  /** Adds other spellings of the rows' keys, and the keys without a row. */
  #addOthers(): void {
    for (const spelled of this.keys.filter((key) => !this.#slots.has(key))) {
      const key = this.keyOf(spelled);
      const slot = this.#slots.get(key) ?? { key, before: undefined, stored: false, row: undefined };
      this.#slots.set(spelled, slot).set(key, slot);
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

  /** The row as the batch leaves it; undefined when the batch does not have it, or it does not exist. */
  find(key: string): Values | undefined {
    return this.#slots.get(key)?.row;
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
    const written = asRead({ ...row, ...keyColumns(this.collection, slot.key) }, this.#types, slot.row);
    if (columns.includes('version') && !(Number(written['version']) >= 1))
      throw new Error(`a rule wrote the row ${key} of ${table} without a version`);
    return () => void (slot.row = written);
  }

  /** Returns the statements that store changed rows, lock keys that are still absent, and delete unused stubs. */
  writes(): Statement[] {
    const { sql } = this.collection;
    const absent = this.#absent();
    const stubs = this.#where(({ stored, before }) => stored && !before);
    const filled = (slot: Slot): boolean => slot.row !== undefined;
    // One statement per table inserts all absent keys, in order. Where some stay unwritten, it can only insert stubs.
    if (!absent.every(filled)) return [this.#claim(absent), ...this.#fill([...absent, ...stubs]), ...this.#update()];
    return [...this.#store(sql.insert, absent), ...this.#fill(stubs), ...this.#update()];
  }

  /**
   * Returns the statements that check, where nothing is written, that the keys without a row are still absent: else a
   * reply could mix the states before and after another transaction.
   */
  checks(): Statement[] {
    const absent = this.#absent();
    return absent.length > 0 ? [this.#claim(absent)] : [];
  }

  /** Keys without a row that are written, or must be locked until the commit. */
  #absent(): Slot[] {
    const { lockAbsent } = this.collection;
    return this.#where(({ stored, row }) => !stored && (lockAbsent || row !== undefined));
  }

  #where(matches: (slot: Slot) => boolean): Slot[] {
    return this.collection.lock ? [...new Set(this.#slots.values())].filter(matches) : [];
  }

  #claim(slots: readonly Slot[]): Statement {
    return prepared(this.collection.sql.claimAbsent, [this.#json(slots.map(({ key }) => key))]);
  }

  #fill(stubs: readonly Slot[]): Statement[] {
    const { sql } = this.collection;
    const unused = stubs.filter(({ row }) => !row).map(({ key }) => key);
    return [
      ...this.#store(
        sql.fillStubs,
        stubs.filter(({ row }) => row),
      ),
      ...(unused.length > 0 ? [prepared(sql.deleteStubs, [this.#json(unused)])] : []),
    ];
  }

  #update(): Statement[] {
    const { sql, changing, columns, key } = this.collection;
    const changed = this.#where(({ before, row }) => before !== undefined && row !== before);
    for (const { before, row } of changed)
      for (const name of columns) if (!isSame(row![name], before![name])) changing.add(name);
    return this.#store(sql.update(changing), changed, [...key, 'version', ...changing]);
  }

  #store(text: string, slots: readonly Slot[], columns = this.collection.columns): Statement[] {
    if (slots.length === 0) return [];
    return [prepared(text, [JSON.stringify(slots.map(({ row }) => toSql(columns, row!)))])];
  }

  #json(keys: readonly string[]): string {
    return JSON.stringify(keys.map((key) => toSql(this.collection.key, keyColumns(this.collection, key))));
  }
}

/** Returns whether a value is certainly the same. A value of a JSON column is, if the rule has handed it on. */
const isSame = (one: unknown, other: unknown): boolean =>
  one instanceof Date && other instanceof Date ? one.getTime() === other.getTime() : one === other;
