/** Names of columns by those of fields: every row that is written has them. */
const snakeCased = new Map<string, string>();

function snakeCase(name: string): string {
  const known = snakeCased.get(name);
  if (known !== undefined) return known;
  const converted = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  snakeCased.set(name, converted);
  return converted;
}

/** A quoted SQL identifier, so that a table may be called `user` or `order`. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** `userId` -> `"user_id"`: columns are camelCase in TypeScript and snake_case in SQL. */
export const column = (name: string): string => quoted(snakeCase(name));

/** Renames a row's fields to SQL column names. `jsonb_populate_recordset` converts the values to the column types. */
export function toSql(columns: readonly string[], row: object): Record<string, unknown> {
  const renamed: Record<string, unknown> = {};
  for (const name of columns) renamed[snakeCase(name)] = (row as Record<string, unknown>)[name];
  return renamed;
}
