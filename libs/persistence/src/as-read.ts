import pg from 'pg';

type Values = Record<string, unknown>;

const { TIMESTAMPTZ, JSON: JSON_TEXT, JSONB, UUID } = pg.types.builtins;
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** By column type: converts a written value to what a read from the database returns. Other types stay as they are. */
const SURVIVES_ROUND_TRIP: Readonly<Record<number, (value: unknown) => unknown>> = {
  [TIMESTAMPTZ]: (value) => new Date(value as string | Date),
  [JSON_TEXT]: throughJson,
  [JSONB]: throughJson,
  [UUID]: (value) => String(value).toLowerCase(),
};

/**
 * Converts a written row to what a read in the next batch would return, so that a rule gets the same state however
 * messages are batched.
 * @param types the columns' type ids, as PostgreSQL returns them with every result
 * @param before the row as it was: values that it shares with the written row are kept as they are
 */
export function asRead(row: object, types: ReadonlyMap<string, number>, before: Values = {}): Values {
  const converted: Values = {};
  for (const [name, type] of types) {
    const value = (row as Values)[name];
    converted[name] = value !== undefined && value === before[name] ? value : frozen(survivesRoundTrip(value, type));
  }
  return Object.freeze(converted);
}

const survivesRoundTrip = (value: unknown, type: number): unknown =>
  value === undefined || value === null ? null : (SURVIVES_ROUND_TRIP[type]?.(value) ?? value);

/** Freezes a value deeply. Rules share rows within a batch, so a rule that changes a row in place must throw. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Date || Object.isFrozen(value)) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
