import pg from 'pg';

type Values = Record<string, unknown>;

const { TIMESTAMPTZ, JSON: JSON_TEXT, JSONB, UUID } = pg.types.builtins;
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** How a written value comes back from the database, by the column's type; the other types come back as they are. */
const SURVIVES_ROUND_TRIP: Readonly<Record<number, (value: unknown) => unknown>> = {
  [TIMESTAMPTZ]: (value) => new Date(value as string | Date),
  [JSON_TEXT]: throughJson,
  [JSONB]: throughJson,
  [UUID]: (value) => String(value).toLowerCase(),
};

/**
 * A written row as a later message would read it, had it come in the next batch: so a rule sees the same however messages
 * are batched.
 * @param types the columns' type ids, as PostgreSQL gives them with every result
 */
export const asRead = (row: object, types: ReadonlyMap<string, number>): Values =>
  frozen(Object.fromEntries([...types].map(([name, type]) => [name, survivesRoundTrip((row as Values)[name], type)])));

const survivesRoundTrip = (value: unknown, type: number): unknown =>
  value === undefined || value === null ? null : (SURVIVES_ROUND_TRIP[type]?.(value) ?? value);

/** Rules share rows within a batch: one that changed a row in place would change it for the others too, so that throws. */
export function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Date || Object.isFrozen(value)) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
