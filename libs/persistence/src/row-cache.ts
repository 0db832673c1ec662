import type { Collection } from './collection.js';

/** A row as a commit has left it. */
export interface CachedRow {
  readonly row: Readonly<Record<string, unknown>>;
  /** Id of the transaction that has written it. */
  readonly writer: string;
}

/** Rows of one table by key, as the table spells it. */
export interface CachedRows {
  /** The columns' type ids, as PostgreSQL has returned them. */
  readonly types: ReadonlyMap<string, number>;
  readonly rows: ReadonlyMap<string, CachedRow>;
}

/** Of one table; some kB each. */
const MAX_ROWS = 500;
/** What is older is read. Milliseconds. */
const MAX_AGE_MS = 10_000;
/** After a row that another process had changed: with several processes of a service, most rows are. Milliseconds. */
const SUSPENDED_MS = 10_000;

interface CachedTable {
  types: CachedRows['types'];
  readonly rows: Map<string, CachedRow & { since: number }>;
}

/**
 * Rows as the commits of this process have left them, so that the next change of a row needs no read. Others may have
 * changed a row since: who uses it checks its writer in the same transaction.
 */
export class RowCache {
  readonly #tables = new Map<Collection, CachedTable>();
  #suspendedUntil = -Infinity;

  constructor(private readonly clock: () => number = () => performance.now()) {}

  /** The rows of these keys; undefined when one of them is not here. */
  find(table: Collection, keys: readonly string[]): CachedRows | undefined {
    const cached = this.#tables.get(table);
    const now = this.clock();
    if (!cached || now < this.#suspendedUntil) return undefined;
    const isHere = (key: string): boolean => now - (cached.rows.get(key)?.since ?? -Infinity) <= MAX_AGE_MS;
    return keys.every(isHere) ? cached : undefined;
  }

  /** @param types the columns' type ids @param rows as a commit has left them, by key as the table spells it */
  put(table: Collection, { types, rows }: CachedRows): void {
    const cached = this.#tables.get(table) ?? { types, rows: new Map() };
    this.#tables.set(table, cached);
    cached.types = types;
    const since = this.clock();
    for (const [key, row] of rows) {
      cached.rows.delete(key);
      cached.rows.set(key, { ...row, since });
    }
    // The first of a Map is the one that was put longest ago.
    for (const key of cached.rows.keys()) {
      if (cached.rows.size <= MAX_ROWS) break;
      cached.rows.delete(key);
    }
  }

  clear(): void {
    this.#tables.clear();
  }

  /** Finds nothing for 10 s. */
  suspend(): void {
    this.clear();
    this.#suspendedUntil = this.clock() + SUSPENDED_MS;
  }
}
